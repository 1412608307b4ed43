//! A list of parameters (RFC 9110 section 11.2).

use std::{fmt, iter::FusedIterator};

use super::{
    MAX_BYTES,
    reader::Reader,
    value::{ParamValue, ascii},
};

/// Parameters in the order in which they stand: names as written, and values. No name occurs twice.
///
/// ```
/// use authwright_core::challenge::Params;
///
/// let info = Params::parse("nextnonce=\"a\\\"b\", nc=00000001").unwrap();
/// assert_eq!(info.get("NextNonce").unwrap().text(), "a\"b");
/// let names: Vec<_> = info.map(|(name, _)| name).collect();
/// assert_eq!(names, ["nextnonce", "nc"]);
/// ```
#[derive(Clone)]
pub struct Params<'a>(Reader<'a>);

impl<'a> Params<'a> {
    /// A list that stands by itself: `Authentication-Info` (RFC 9110 section 11.6.3). `None` where it is damaged, names a
    /// parameter twice, or has more than 64 of them or 16 KiB.
    pub fn parse(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Option<Self> {
        let line = line.as_ref();
        let mut reader = Reader(line);
        reader.skip_separators();
        if reader.is_empty() {
            return Some(Self::of_checked(&[]));
        }
        if line.len() > MAX_BYTES {
            return None;
        }
        reader.params(|_| false).map(Self::of_checked)
    }

    /// The value of the parameter of that name, in any case, among those still to come.
    pub fn get(&self, name: &str) -> Option<ParamValue<'a>> {
        let mut rest = self.0;
        while let Some((own, value)) = rest.param() {
            if own.eq_ignore_ascii_case(name.as_bytes()) {
                return Some(ParamValue(value));
            }
            rest.skip_separators();
        }
        None
    }

    /// The values of several parameters, found in one go.
    pub(super) fn pick<const N: usize>(&self, names: [&str; N]) -> [Option<ParamValue<'a>>; N] {
        let mut values = [None; N];
        let mut rest = self.0;
        while let Some((own, value)) = rest.param() {
            if let Some(at) = names.iter().position(|name| own.eq_ignore_ascii_case(name.as_bytes())) {
                values[at] = Some(ParamValue(value));
            }
            rest.skip_separators();
        }
        values
    }

    /// A list the reader has been through.
    pub(super) fn of_checked(params: &'a [u8]) -> Self {
        Self(Reader(params))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a str, ParamValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.0.param()?;
        self.0.skip_separators();
        Some((ascii(name), ParamValue(value)))
    }
}

impl FusedIterator for Params<'_> {}

impl fmt::Debug for Params<'_> {
    /// The names: values may be nonces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(|(name, _)| name)).finish()
    }
}
