//! Private keys as PEM (RFC 7468), as they come from files and from variables.

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::zeroize::Zeroizing;

/// What the text held.
pub(super) enum Document {
    /// `BEGIN PRIVATE KEY`: any kind (RFC 7468 section 10).
    Pkcs8(Zeroizing<Vec<u8>>),
    /// `BEGIN RSA PRIVATE KEY`: the older form of one kind.
    Pkcs1(Zeroizing<Vec<u8>>),
}

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

const DECRYPT: &str = "is encrypted; decrypt it with `openssl pkey -in key.pem -out plain.pem`, and keep it where only this \
                       program can read it";
const CONVERT: &str = "is in the form of one kind (`BEGIN EC PRIVATE KEY`); convert it with \
                       `openssl pkcs8 -topk8 -nocrypt -in key.pem -out converted.pem`";
const NO_PEM: &str = "is no PEM: it has no line `-----BEGIN PRIVATE KEY-----`; where it is the name of a file, give \
                      Secret::file(..)";
const PUBLIC: &str =
    "is the public half or a certificate; the private one signs, `-----BEGIN PRIVATE KEY-----`";
const BROKEN: &str =
    "is no whole PEM: between its BEGIN and its END there is something else than base64, or there is no END";

/// The first private key of the text. An error is the end of a sentence about it, and quotes nothing.
///
/// Line breaks may be of any kind, blanks, or `\n` in letters: variables hold keys like that.
pub(super) fn read(text: &str) -> Result<Document, &'static str> {
    let mut rest = text;
    let mut problem = NO_PEM;
    while let Some((label, body, after)) = block(rest) {
        match label {
            "PRIVATE KEY" => return decode(body).map(Document::Pkcs8),
            "RSA PRIVATE KEY" if body.contains("ENCRYPTED") => return Err(DECRYPT),
            "RSA PRIVATE KEY" => return decode(body).map(Document::Pkcs1),
            "EC PRIVATE KEY" => return Err(CONVERT),
            "ENCRYPTED PRIVATE KEY" => return Err(DECRYPT),
            "OPENSSH PRIVATE KEY" => return Err("is a key of OpenSSH; make one with `openssl genpkey`"),
            // OpenSSL writes the parameters of a key before it, and a file may hold a whole chain.
            _ => problem = PUBLIC,
        }
        rest = after;
    }
    Err(if text.contains(BEGIN) && problem == NO_PEM { BROKEN } else { problem })
}

/// Label and content of the first block, and what comes after it.
fn block(text: &str) -> Option<(&str, &str, &str)> {
    let (_, begun) = text.split_once(BEGIN)?;
    let (label, rest) = begun.split_once(DASHES)?;
    let (body, after) = rest.split_once(&format!("-----END {label}{DASHES}"))?;
    Some((label, body, after))
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    // As long as it can get, so that no half of it is left behind elsewhere in memory.
    let mut digits = Zeroizing::new(Vec::with_capacity(body.len()));
    for line in body.split("\\n").flat_map(|part| part.split("\\r")) {
        digits.extend(line.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    }
    let decoded = STANDARD.decode(&*digits).map_err(|_| BROKEN)?;
    Ok(Zeroizing::new(decoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Result<Vec<u8>, &'static str> {
        match read(text)? {
            Document::Pkcs8(bytes) | Document::Pkcs1(bytes) => Ok(bytes.to_vec()),
        }
    }

    #[test]
    fn a_key_is_found_whatever_became_of_its_line_breaks() {
        let pem = include_str!("../../../tests/data/p256.pem");
        let expected = content(pem).unwrap();
        assert_eq!(expected.len(), 138);
        let public = include_str!("../../../tests/data/rsa-public.pem");
        for text in [
            pem.trim_end().to_owned(),
            format!("\n\r\n {pem}\n\n"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\r"),
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\\r\\n"),
            pem.replace('\n', " "),
            pem.replace('\n', ""),
            format!("Key of the billing service\n{pem}"),
            format!("{public}{pem}{public}"),
        ] {
            assert_eq!(content(&text).as_deref(), Ok(&*expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_to_be_what_it_is() {
        let block =
            |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        for (text, expected) in [
            (String::new(), NO_PEM),
            ("config/key.pem".into(), NO_PEM),
            ("{\"kty\":\"EC\"}".into(), NO_PEM),
            (block("PRIVATE KEY", "AAA"), BROKEN),
            (block("PRIVATE KEY", "AA\\tAA"), BROKEN),
            (block("PRIVATE KEY", "AA=A"), BROKEN),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n".into(), BROKEN),
            ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----".into(), BROKEN),
            ("-----BEGIN PRIVATE".into(), BROKEN),
            (block("ENCRYPTED PRIVATE KEY", "AAAA"), DECRYPT),
            (block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nAAAA"), DECRYPT),
            (block("EC PARAMETERS", "AAAA") + &block("EC PRIVATE KEY", "AAAA"), CONVERT),
            (block("CERTIFICATE", "AAAA"), PUBLIC),
            (block("PUBLIC KEY", "AAAA"), PUBLIC),
        ] {
            assert_eq!(content(&text), Err(expected), "{text}");
        }
        assert!(content(&block("OPENSSH PRIVATE KEY", "AAAA")).unwrap_err().contains("OpenSSH"));
    }
}
