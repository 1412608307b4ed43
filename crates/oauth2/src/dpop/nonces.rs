//! The newest nonce of each server (RFC 9449 sections 8.2 and 9). One origin's is never told to another.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;

use super::NONCE;

/// So many origins are remembered. A login has two or three.
const MOST: usize = 64;
/// A nonce is a header value, which a server can make as long as it likes.
const LONGEST: usize = 1024;

/// Read without a lock: once for each request.
#[derive(Default)]
pub(crate) struct Nonces(ArcSwap<Vec<(Box<str>, Arc<Nonce>)>>);

/// A nonce, and the how many-th of its server it is here.
#[derive(Debug)]
pub(crate) struct Nonce {
    pub(crate) text: Box<str>,
    pub(crate) number: u64,
}

impl Nonces {
    pub(crate) fn of(&self, origin: &str) -> Option<Arc<Nonce>> {
        let known = self.0.load();
        known.iter().find(|(of, _)| **of == *origin).map(|(_, nonce)| Arc::clone(nonce))
    }

    /// Takes the nonce of an answer, of whatever status. Whether it is another than the last.
    pub(crate) fn learn(&self, origin: &str, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(NONCE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return false };
        // RFC 9449 section 8.1: visible characters without quotes and backslashes.
        let is_nonce = |text: &&str| {
            !text.is_empty()
                && text.len() <= LONGEST
                && text.bytes().all(|c| c.is_ascii_graphic() && c != b'"' && c != b'\\')
        };
        let Some(text) = value.to_str().ok().filter(is_nonce) else { return false };
        let before = self.of(origin);
        if before.as_ref().is_some_and(|before| *before.text == *text) {
            return false;
        }
        self.0.rcu(|known| {
            let number = known.iter().find(|(of, _)| **of == *origin).map_or(0, |(_, nonce)| nonce.number);
            let nonce = Arc::new(Nonce { text: text.into(), number: number + 1 });
            let mut known: Vec<_> = known.iter().filter(|(of, _)| **of != *origin).cloned().collect();
            known.truncate(MOST - 1);
            known.insert(0, (origin.into(), nonce));
            known
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (NONCE, HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn n8_the_newest_nonce_of_each_origin_is_kept() {
        let nonces = Nonces::default();
        let (one, two) = ("https://login.example.com", "https://api.example.com");
        assert!(nonces.learn(one, &headers(&["n-1"])) && nonces.learn(two, &headers(&["m-1"])));
        assert!(nonces.learn(one, &headers(&["n-2"])) && !nonces.learn(one, &headers(&["n-2"])));
        let of = |origin| nonces.of(origin).map(|nonce| (nonce.text.to_string(), nonce.number));
        assert_eq!(of(one), Some(("n-2".to_owned(), 2)));
        assert_eq!(of(two), Some(("m-1".to_owned(), 1)));
        assert_eq!(of("https://api.example.com:8443"), None);
        for bad in [vec![], vec!["a", "b"], vec!["a b"], vec!["a\"b"], vec![""]] {
            assert!(!nonces.learn(one, &headers(&bad)), "{bad:?}");
        }
        assert!(!nonces.learn(one, &headers(&["x".repeat(LONGEST + 1).as_str()])));
        assert_eq!(of(one), Some(("n-2".to_owned(), 2)));
        for origin in 0..1000 {
            nonces.learn(&origin.to_string(), &headers(&["n"]));
        }
        assert_eq!(nonces.0.load().len(), MOST);
    }
}
