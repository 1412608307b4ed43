//! The head of a request to the loopback listener, which every program of the machine and every page can write.
//!
//! An answer is taken only from a GET for exactly the path, with one `Host` that is ours, within 16 KiB; what follows the head changes
//! nothing, and of the head's parts none is taken for the whole.

#![no_main]

use authwright_oauth2::fuzz_request_head;
use libfuzzer_sys::fuzz_target;

const HOSTS: [&str; 2] = ["127.0.0.1:7000", "[::1]:7000"];
const PATH: &str = "/callback";

fuzz_target!(|data: &[u8]| {
    let found = fuzz_request_head(data, &HOSTS, PATH);
    let end = data.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let Some(end) = end else {
        return assert_eq!(found, None);
    };
    let (head, rest) = data.split_at(end);
    assert_eq!(fuzz_request_head(head, &HOSTS, PATH), found);
    if !rest.is_empty() {
        let more = [head, b"GET / HTTP/1.1\r\n\r\n"].concat();
        assert_eq!(fuzz_request_head(&more, &HOSTS, PATH), found);
    }
    for part in [end / 2, end - 1] {
        assert_eq!(fuzz_request_head(&head[..part], &HOSTS, PATH), None);
    }
    let Some(query) = found else { return };
    assert!(end <= 16 * 1024);
    let head = head.to_vec();
    let line = format!("GET {PATH}?{query} HTTP/1.1\r\n");
    assert!(head.starts_with(line.as_bytes()));
    assert!(query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
    let has = |name: &str| query.split('&').any(|pair| pair.starts_with(&format!("{name}=")));
    assert!(has("state") && (has("code") || has("error")));
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let hosts: Vec<_> =
        lines.filter(|line| line.len() >= 5 && line[..5].eq_ignore_ascii_case(b"host:")).collect();
    let [host] = hosts[..] else { panic!("{} hosts", hosts.len()) };
    let host = str::from_utf8(&host[5..]).expect("ASCII").trim_matches([' ', '\t']);
    assert!(HOSTS.contains(&host));
});
