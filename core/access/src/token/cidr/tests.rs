//! Which addresses are in which blocks.

use super::Block;

fn check(block: &str, address: &str, want: Option<bool>) {
    let got = Block::parse(block).and_then(|block| Some(block.contains(address.parse().ok()?)));
    assert_eq!(got, want, "{address} in {block}");
}

#[test]
fn blocks() {
    check("10.0.0.0/8", "10.1.2.3", Some(true));
    check("10.0.0.0/8", "11.1.2.3", Some(false));
    check("10.0.0.0/8", "::ffff:10.1.2.3", Some(true));
    check("127.0.0.1", "127.0.0.1", Some(true));
    check("127.0.0.1/32", "127.0.0.2", Some(false));
    check("0.0.0.0/0", "200.0.0.1", Some(true));
    check("0.0.0.0/0", "::1", Some(false));
    check("fe80::/10", "fe81::1", Some(true));
    check("::1", "::2", Some(false));
    check("::/0", "::2", Some(true));
    check("10.0.0.0/33", "10.0.0.0", None);
    check("nocidr", "10.0.0.0", None);
    check("10.0.0.0/", "10.0.0.0", None);
}
