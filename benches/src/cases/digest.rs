//! The answer to a Digest challenge that is known already.

use std::{hint::black_box, sync::Arc};

use authwright_core::{Digest, Hop, IntoScheme, ResponseView, Scheme, Stamp, Step, Target, Verdict};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use md5::Md5;
use sha2::Sha256;

use crate::{
    region::Recorder,
    shape::{self, URL},
    table::{Limit, Row},
};

const MD5_FLOOR: &str = "two hashes and a string: MD5";
const SHA_256_FLOOR: &str = "two hashes and a string: SHA-256";

/// H(A1) is kept, so two hashes remain: that of method and URI, and the answer. Two allocations are allowed: the text of the
/// field and what makes it shareable.
pub(super) const ROWS: &[Row] = &[
    Row::floor(MD5_FLOOR),
    Row::held("digest answer: MD5", MD5_FLOOR, Limit::Times(1.3), Limit::AtMost(2.0)),
    Row::floor(SHA_256_FLOOR),
    Row::held("digest answer: SHA-256", SHA_256_FLOOR, Limit::Times(1.3), Limit::AtMost(2.0)),
    Row::shown("digest, a whole exchange: SHA-256", SHA_256_FLOOR),
];

pub(super) fn run(recorder: &mut Recorder) {
    floor::<Md5>(recorder, MD5_FLOOR, "MD5");
    answer(recorder, "digest answer: MD5", &*asked("MD5"));
    floor::<Sha256>(recorder, SHA_256_FLOOR, "SHA-256");
    answer(recorder, "digest answer: SHA-256", &*asked("SHA-256"));
    let auth = shape::auth(shape::ORIGIN, asked("SHA-256"));
    super::header::exchange(recorder, "digest, a whole exchange: SHA-256", &auth, &shape::policy(0));
}

/// A scheme that has been asked, and let in, by the server of [`URL`].
fn asked(algorithm: &str) -> Arc<dyn Scheme> {
    let scheme = Digest::new("sam", "hunter2").into_scheme().expect("a user and a password");
    let challenge = format!(
        "Digest realm=\"orders@example.com\", qop=\"auth\", algorithm={algorithm}, \
         nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
         opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
    );
    let mut headers = HeaderMap::new();
    headers.insert(WWW_AUTHENTICATE, HeaderValue::from_str(&challenge).expect("visible ASCII"));
    let target = Target::parse(URL).expect("a constant");
    let refused = ResponseView::new(StatusCode::UNAUTHORIZED, &headers).sent_to(target);
    let Ok(Verdict::Resend { stamp, .. }) = scheme.observed(&refused, Stamp(0)) else {
        unreachable!("a challenge that can be answered");
    };
    let mut hop = Hop::test("GET", URL).again_with(stamp);
    scheme.authorize(&mut hop).expect("it has been asked");
    let none = HeaderMap::new();
    let accepted = ResponseView::new(StatusCode::OK, &none).sent_to(target);
    scheme.observed(&accepted, hop.stamped()).expect("no proof to be checked");
    scheme
}

fn answer(recorder: &mut Recorder, case: &'static str, scheme: &dyn Scheme) {
    let target = Target::parse(URL).expect("a constant");
    let clock: Arc<dyn authwright_core::Clock> = Arc::new(std::time::SystemTime::now);
    recorder.each(case, shape::headers, |headers| {
        let body = authwright_core::Body::Empty;
        let mut hop = Hop::new(&Method::GET, target, headers, body, &clock);
        matches!(scheme.authorize(&mut hop), Ok(Step::Send))
    });
}

/// The least anybody can do: texts of the same length, each in one piece, hashed; the hashes written as digits; the field made
/// from a text that is there already.
fn floor<D: sha2::Digest>(recorder: &mut Recorder, case: &'static str, algorithm: &str) {
    let scheme = asked(algorithm);
    let mut hop = Hop::test("GET", URL);
    scheme.authorize(&mut hop).expect("it has been asked");
    let field = hop.attached("authorization").expect("an answer").to_owned();
    let digits = "0".repeat(2 * <D as sha2::Digest>::output_size());
    let uri = Target::parse(URL).expect("a constant").path_and_query().to_owned();
    let first = format!("GET:{uri}");
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let second = format!("{digits}:{nonce}:00000001:{}:auth:{digits}", "0".repeat(32));
    let standard = black_box(AUTHORIZATION);
    recorder.each(case, shape::headers, |headers| {
        let first = hex(&D::digest(black_box(first.as_bytes())));
        let second = hex(&D::digest(black_box(second.as_bytes())));
        black_box((&first, &second));
        let value = HeaderValue::from_str(black_box(&field)).ok()?;
        headers.insert(standard.clone(), value)
    });
}

fn hex(bytes: &[u8]) -> [u8; 64] {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
        pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
    }
    digits
}
