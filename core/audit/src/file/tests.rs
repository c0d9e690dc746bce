//! Lines of many requests, a folder that is missing, a file that is moved away, a full disk.

use std::sync::Arc;

use super::*;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn modes() {
    let check = |text: &str, want: Result<Option<u32>, &str>| {
        assert_eq!(parse_mode(text), want.map_err(str::to_owned), "{text}");
    };
    check("", Ok(Some(0o600)));
    check("0640", Ok(Some(0o640)));
    check("640", Ok(Some(0o640)));
    check("0000", Ok(None));
    check("9z", Err("strconv.ParseUint: parsing \"9z\": invalid syntax"));
    check("777777", Err("strconv.ParseUint: parsing \"777777\": invalid syntax"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lines_of_many_requests_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/dir/audit.log");
    let device = Arc::new(FileDevice::open(path.to_str().unwrap(), Some(MODE)).unwrap());
    let tasks: Vec<_> = (0..500)
        .map(|n| {
            let device = Arc::clone(&device);
            tokio::spawn(async move {
                device.write(format!("{n} {}\n", "x".repeat(n)).as_bytes()).await
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let text = read(&path);
    let mut seen: Vec<usize> = text
        .lines()
        .map(|line| {
            let (n, x) = line.split_once(' ').unwrap();
            let n = n.parse().unwrap();
            assert_eq!(x.len(), n);
            n
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..500).collect::<Vec<_>>());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_moved_file_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (path, old) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    let device = FileDevice::open(path.to_str().unwrap(), None).unwrap();
    device.write(b"one\n").await.unwrap();
    fs::rename(&path, &old).unwrap();
    device.write(b"two\n").await.unwrap();
    device.reopen().await.unwrap();
    device.write(b"three\n").await.unwrap();
    assert_eq!((read(&old).as_str(), read(&path).as_str()), ("one\ntwo\n", "three\n"));
}

#[tokio::test]
async fn a_full_disk_is_an_error() {
    let device = FileDevice::open("/dev/full", None).unwrap();
    device.write(b"one\n").await.unwrap_err();
    device.write(b"two\n").await.unwrap_err();
    assert!(device.sink.lock().await.failed.is_empty());
}

#[tokio::test]
async fn streams_and_nothing() {
    for path in ["stderr", "discard"] {
        FileDevice::open(path, None).unwrap().write(b"").await.unwrap();
    }
    let error = FileDevice::open("/proc/nowhere/x", None).err().unwrap();
    assert!(error.to_string().starts_with("cannot open /proc/nowhere/x: "), "{error}");
}
