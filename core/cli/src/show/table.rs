//! Columns of text: as wide as their widest cell, four blanks between, `n/a` for nothing.

const GAP: usize = 4;

/// Names and values under the heading that every such table has.
pub(crate) fn pairs(rows: &[(String, String)]) -> String {
    let rows = rows.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
    with_header(vec!["Key".to_owned(), "Value".to_owned()], rows)
}

/// Rows under a heading and a dashed line.
pub(crate) fn with_header(header: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let dashes = header.iter().map(|title| "-".repeat(width(title))).collect();
    let mut all = vec![header, dashes];
    all.extend(rows);
    plain(&all)
}

/// Rows and nothing else.
pub(crate) fn plain(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(shown(cell))).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    let lines = rows.iter().map(|row| {
        let last = row.len().saturating_sub(1);
        let cells = row.iter().zip(&widths).enumerate().map(|(place, (cell, widest))| {
            let cell = shown(cell);
            // The last cell is not padded: nobody wants blanks at the end of a line.
            let blanks = if place == last { 0 } else { widest - width(cell) + GAP };
            format!("{cell}{}", " ".repeat(blanks))
        });
        cells.collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A title between equals signs, as wide as the heading of a table with these keys.
pub(crate) fn title(title: &str, total: usize) -> String {
    let signs = match total.saturating_sub(width(title) + 2) {
        0 => 2,
        left => left.div_ceil(2),
    };
    let signs = "=".repeat(signs);
    format!("{signs} {title} {signs}")
}

/// The width of the heading `Key    Value` over keys as long as these.
pub(crate) fn heading_width<'a>(keys: impl Iterator<Item = &'a str>) -> usize {
    keys.map(width).max().unwrap_or_default() + GAP + width("Value")
}

fn shown(cell: &str) -> &str {
    // A line end around a value (a certificate, a policy) would tear the table apart.
    let cell = cell.trim();
    if cell.is_empty() { "n/a" } else { cell }
}

fn width(text: &str) -> usize {
    text.chars().count()
}
