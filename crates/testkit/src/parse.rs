//! The request head, read strictly: what RFC 9112 forbids is refused, because a client under test that sends it has a bug.

/// The head of a request and what it says about the bytes after it.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
    pub(crate) expects_continue: bool,
}

/// How the end of the body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Empty,
    Length(u64),
    Chunked,
}

/// Why a request is not one.
pub(crate) type Bad = &'static str;

/// Parses a head that ends with its empty line, as [`head_end`] found it.
pub(crate) fn head(bytes: &[u8]) -> Result<Head, Bad> {
    let text = bytes.strip_suffix(b"\r\n\r\n").ok_or("the head does not end")?;
    // `head_end` has seen a CR before every LF, so this splits at CRLF; a CR that stays is refused as a control character.
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));

    let (method, target, version) = request_line(lines.next().unwrap_or_default())?;
    let headers = lines.map(field).collect::<Result<Vec<_>, Bad>>()?;
    let modern = version == "HTTP/1.1";
    if modern && values(&headers, "host").count() != 1 {
        return Err("an HTTP/1.1 request has one Host");
    }
    Ok(Head {
        framing: framing(&headers)?,
        keep_alive: modern && !values(&headers, "connection").any(|value| lists(value, b"close")),
        expects_continue: modern
            && values(&headers, "expect").any(|value| value.eq_ignore_ascii_case(b"100-continue")),
        method,
        target,
        version,
        headers,
    })
}

/// Where the head ends, if it does; bytes before `from` have been searched already. Looks no further than the head, so that a body may
/// contain anything.
pub(crate) fn head_end(bytes: &[u8], from: usize) -> Result<Option<usize>, Bad> {
    // A TLS hello sent to a plain port would otherwise wait here for a line that never ends.
    if bytes.first().is_some_and(|first| !is_token(&[*first])) {
        return Err("not an HTTP request");
    }
    for (at, _) in bytes.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n') {
        if at == 0 || bytes[at - 1] != b'\r' {
            return Err("a line ends with LF alone");
        }
        if bytes[..=at].ends_with(b"\r\n\r\n") {
            return Ok(Some(at + 1));
        }
    }
    Ok(None)
}

/// Parses the line before a chunk, without its CRLF. Extensions are ignored.
pub(crate) fn chunk_size(line: &[u8]) -> Result<u64, Bad> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
    let valid = (1..=16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = str::from_utf8(digits).ok().filter(|_| valid).ok_or("not a chunk size")?;
    u64::from_str_radix(digits, 16).map_err(|_| "not a chunk size")
}

/// Whether these bytes are a token of RFC 9110, as a method or a header name is.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

/// Whether a comma-separated list has this element, in any case.
pub(crate) fn lists(value: &[u8], element: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(element))
}

/// Parses one header line, without its CRLF.
pub(crate) fn field(line: &[u8]) -> Result<(String, Vec<u8>), Bad> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or("a header line has no colon")?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    if !is_token(name) {
        return Err("not a header name");
    }
    if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err("a control character in a header value");
    }
    Ok((text(name).to_ascii_lowercase(), value.to_vec()))
}

fn request_line(line: &[u8]) -> Result<(String, String, String), Bad> {
    let parts: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [method, target, version] = parts[..] else {
        return Err("a request line has three parts");
    };
    if !is_token(method) {
        return Err("not a method");
    }
    if target.is_empty() || !target.iter().all(u8::is_ascii_graphic) {
        return Err("not a request target");
    }
    if !matches!(version, b"HTTP/1.1" | b"HTTP/1.0") {
        return Err("not a version spoken here");
    }
    Ok((text(method), text(target), text(version)))
}

fn framing(headers: &[(String, Vec<u8>)]) -> Result<Framing, Bad> {
    let mut codings = values(headers, "transfer-encoding");
    let mut lengths = values(headers, "content-length");
    match (codings.next(), lengths.next()) {
        (None, None) => Ok(Framing::Empty),
        (Some(coding), None) if coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none() => {
            Ok(Framing::Chunked)
        }
        (None, Some(digits)) if lengths.next().is_none() => match length(digits)? {
            0 => Ok(Framing::Empty),
            length => Ok(Framing::Length(length)),
        },
        _ => Err("the length of the body is ambiguous"),
    }
}

fn length(digits: &[u8]) -> Result<u64, Bad> {
    let valid = digits.iter().all(u8::is_ascii_digit);
    text(digits).parse().ok().filter(|_| valid).ok_or("not a content length")
}

fn values<'a>(headers: &'a [(String, Vec<u8>)], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_slice())
}

/// Bytes that were checked to be ASCII, as a string.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Head, Bad> {
        let end = head_end(bytes, 0)?.ok_or("unfinished")?;
        head(&bytes[..end])
    }

    #[test]
    fn reads_a_head_and_leaves_the_body() {
        let bytes = b"POST /p?q HTTP/1.1\r\nHost: h\r\nX-Raw:\t\xff \r\nContent-Length: 3\r\nConnection: TE, Close\r\n\r\na\nb";
        assert_eq!(head_end(bytes, 0), Ok(Some(bytes.len() - 3)));
        let head = parse(bytes).unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str()), ("POST", "/p?q"));
        assert_eq!(head.headers[1], ("x-raw".to_owned(), b"\xff".to_vec()));
        assert_eq!(head.framing, Framing::Length(3));
        assert!(!head.keep_alive && !head.expects_continue);
        assert_eq!(head_end(b"GET / HTTP/1.1\r\nHost: h\r\n", 0), Ok(None));
    }

    #[test]
    fn refuses_what_the_rfc_forbids() {
        for bad in [
            &b"\x16\x03\x01\x02\x00"[..],
            b"GET / HTTP/1.1\nHost: h\n\n",
            b"\r\n\r\n",
            b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET / HTTP/2\r\nHost: h\r\n\r\n",
            b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        ] {
            assert!(parse(bad).is_err_and(|why| why != "unfinished"), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn reads_chunk_sizes() {
        assert_eq!(chunk_size(b"1aF"), Ok(0x1af));
        assert_eq!(chunk_size(b"3;name=value"), Ok(3));
        for bad in [&b""[..], b"-1", b"0x3", b"11111111111111111", b" 3"] {
            assert!(chunk_size(bad).is_err());
        }
    }
}
