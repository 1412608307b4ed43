//! A list of parameters (RFC 9110 section 11.2).

use std::{fmt, iter::FusedIterator};

use super::{
    MAX_BYTES,
    reader::{Reader, Text},
    runs::{before_equals, plain},
    value::{ParamValue, name_text},
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
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// A list that stands by itself: `Authentication-Info` (RFC 9110 section 11.6.3). `None` where it is damaged, names a
    /// parameter twice, or has more than 64 of them or 16 KiB.
    pub fn parse(line: &'a (impl AsRef<[u8]> + ?Sized)) -> Option<Self> {
        let line = Some(line.as_ref()).filter(|line| line.len() <= MAX_BYTES)?;
        Reader(line).bare_params().map(Self)
    }

    /// The value of the parameter of that name, in any case, among those still to come.
    pub fn get(&self, name: &str) -> Option<ParamValue<'a>> {
        let mut rest = self.clone();
        while let Some((own, value)) = rest.param() {
            if own.eq_ignore_ascii_case(name.as_bytes()) {
                return Some(value);
            }
        }
        None
    }

    /// The values of several parameters, found in one go.
    pub(super) fn pick<const N: usize>(&self, names: [&str; N]) -> [Option<ParamValue<'a>>; N] {
        let mut values = [None; N];
        let mut rest = self.clone();
        while let Some((own, value)) = rest.param() {
            if let Some(at) = names.iter().position(|name| own.eq_ignore_ascii_case(name.as_bytes())) {
                values[at] = Some(value);
            }
        }
        values
    }

    /// A list the reader has been through.
    pub(super) fn of_checked(params: &'a [u8]) -> Self {
        Self(params)
    }

    /// Whether the name is among those still to come, in any case.
    #[cold]
    pub(super) fn has(mut self, name: &[u8]) -> bool {
        while let Some((own, _)) = self.param() {
            if own.eq_ignore_ascii_case(name) {
                return true;
            }
        }
        false
    }

    /// Takes a parameter and the separators after it. The reader has seen that each has a name, an `=` and a value.
    #[inline]
    fn param(&mut self) -> Option<(&'a [u8], ParamValue<'a>)> {
        if self.0.is_empty() {
            return None;
        }
        let (name, after) = self.0.split_at_checked(before_equals(self.0))?;
        if let [b'=', b'"', quoted @ ..] = after
            && let Some((bytes, [b'"', after @ ..])) = quoted.split_at_checked(plain(quoted))
        {
            self.0 = after_separators(after);
            return Some((without_blanks(name), ParamValue(Text { bytes, has_pairs: false })));
        }
        let mut reader = Reader(after);
        let value = reader.any_value()?;
        self.0 = after_separators(reader.0);
        Some((without_blanks(name), ParamValue(value)))
    }
}

#[inline]
fn after_separators(rest: &[u8]) -> &[u8] {
    let mut reader = Reader(rest);
    reader.skip_separators();
    reader.0
}

#[inline]
fn without_blanks(name: &[u8]) -> &[u8] {
    match name {
        [.., b' ' | b'\t'] => name.trim_ascii_end(),
        _ => name,
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = (&'a str, ParamValue<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.param()?;
        Some((name_text(name), value))
    }
}

impl FusedIterator for Params<'_> {}

impl fmt::Debug for Params<'_> {
    /// The names: values may be nonces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone().map(|(name, _)| name)).finish()
    }
}
