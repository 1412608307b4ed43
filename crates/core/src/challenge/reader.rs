//! The grammar of challenges and parameters (RFC 9110 sections 5.6.1 to 5.6.4, 11.2 and 11.3), read from left to right.
//!
//! No byte is looked at more than a few times: what is tried without being taken (a token68, a scheme after a comma)
//! ends at the next comma at the latest, and a quoted string that never ends takes the whole line with it.

use super::{Body, Challenge};

const MAX_PARAMS: usize = 64;

const TOKEN: u8 = 1;
const TOKEN68: u8 = 2;
const BLANK: u8 = 4;
const SEPARATOR: u8 = 8;
/// What a quoted string may hold as it stands: neither quote nor backslash.
const QUOTABLE: u8 = 16;

/// The classes each byte belongs to.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b' ' | b'\t' => BLANK | SEPARATOR | QUOTABLE,
            b',' => SEPARATOR | QUOTABLE,
            b'"' | b'\\' | 0..=0x1f | 0x7f => 0,
            b'-' | b'.' | b'_' | b'~' | b'+' => TOKEN | TOKEN68 | QUOTABLE,
            b'/' => TOKEN68 | QUOTABLE,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'^' | b'`' | b'|' => TOKEN | QUOTABLE,
            _ if byte.is_ascii_alphanumeric() => TOKEN | TOKEN68 | QUOTABLE,
            _ => QUOTABLE,
        };
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

/// What is left of a line. `None` from a method that reads means malformed; what it has taken so far stays taken.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// Reads a challenge and the separators after it.
    pub(super) fn challenge(&mut self) -> Option<Challenge<'a>> {
        let scheme = self.token()?;
        let blanks = self.skip_blanks();
        if self.at_item_end() {
            self.skip_separators();
            return Some(Challenge { scheme, body: Body::Params(&[]) });
        }
        if blanks == 0 {
            return None;
        }
        let body = match self.token68() {
            Some(token68) => Body::Token68(token68),
            None => Body::Params(self.params(Self::at_scheme)?),
        };
        Some(Challenge { scheme, body })
    }

    /// Reads parameters, and the separators after them, to where the list ends. Gives the bytes they stand in.
    pub(super) fn params(&mut self, at_end: impl Fn(Self) -> bool) -> Option<&'a [u8]> {
        let start = self.0;
        let mut names = Names::of(start);
        loop {
            let at = start.len() - self.0.len();
            let (name, _) = self.param()?;
            names.add(at, name)?;
            if !self.at_item_end() {
                return None;
            }
            self.skip_separators();
            if self.is_empty() || at_end(*self) {
                return Some(&start[..start.len() - self.0.len()]);
            }
        }
    }

    /// Leaves what cannot be read: goes on to the next comma, outside quotes, that a scheme follows.
    pub(super) fn resynchronise(&mut self) {
        while let Some(&byte) = self.0.first() {
            match byte {
                b'"' => {
                    self.quoted();
                }
                b',' => {
                    self.skip_separators();
                    if self.at_scheme() {
                        return;
                    }
                }
                _ => self.skip(1),
            }
        }
    }

    /// Reads `1*token68-char *"="`, up to the end of the item; takes nothing if that is not what stands here.
    fn token68(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let chars = ahead.take(TOKEN68).len();
        let padding = ahead.0.iter().take_while(|&&byte| byte == b'=').count();
        ahead.skip(padding);
        ahead.skip_blanks();
        if chars == 0 || !ahead.at_item_end() {
            return None;
        }
        let token68 = &self.0[..chars + padding];
        ahead.skip_separators();
        *self = ahead;
        Some(token68)
    }

    /// Reads `token BWS "=" BWS ( token / quoted-string )` and the blanks after it.
    pub(super) fn param(&mut self) -> Option<(&'a [u8], Text<'a>)> {
        let name = self.token()?;
        self.skip_blanks();
        if self.0.first() != Some(&b'=') {
            return None;
        }
        self.skip(1);
        self.skip_blanks();
        let value = match self.0.first() {
            Some(b'"') => self.quoted()?,
            _ => Text { bytes: self.token()?, has_pairs: false },
        };
        self.skip_blanks();
        Some((name, value))
    }

    /// Reads a quoted string (RFC 9110 section 5.6.4), to its end even if something in it is not allowed there.
    fn quoted(&mut self) -> Option<Text<'a>> {
        self.skip(1);
        let start = self.0;
        let (mut valid, mut has_pairs) = (true, false);
        loop {
            self.take(QUOTABLE);
            let &byte = self.0.first()?;
            let end = start.len() - self.0.len();
            self.skip(1);
            match byte {
                b'"' => return valid.then_some(Text { bytes: &start[..end], has_pairs }),
                b'\\' => {
                    has_pairs = true;
                    let &escaped = self.0.first()?;
                    valid &= matches!(escaped, b'"' | b'\\') || is(escaped, QUOTABLE);
                    self.skip(1);
                }
                _ => valid = false,
            }
        }
    }

    fn token(&mut self) -> Option<&'a [u8]> {
        let token = self.take(TOKEN);
        (!token.is_empty()).then_some(token)
    }

    /// Whether a challenge begins here, and not a parameter: a token without `=` after it.
    fn at_scheme(mut self) -> bool {
        let token = self.token();
        let blanks = self.skip_blanks();
        token.is_some() && (self.at_item_end() || blanks > 0 && self.0.first() != Some(&b'='))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    fn at_item_end(self) -> bool {
        matches!(self.0.first(), None | Some(b','))
    }

    pub(super) fn skip_separators(&mut self) {
        self.take(SEPARATOR);
    }

    fn skip_blanks(&mut self) -> usize {
        self.take(BLANK).len()
    }

    /// Takes the bytes of a class that stand here.
    #[inline]
    fn take(&mut self, class: u8) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| !is(byte, class)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at(end);
        self.0 = rest;
        #[cfg(test)]
        steps::count(end + 1);
        taken
    }

    #[inline]
    fn skip(&mut self, bytes: usize) {
        self.0 = &self.0[bytes..];
        #[cfg(test)]
        steps::count(bytes);
    }
}

/// A value as it stands, without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    /// There are backslashes to take out.
    pub(super) has_pairs: bool,
}

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

/// Which names a list has had: at most once each (RFC 9110 section 11.2), and at most 64 of them.
struct Names<'a> {
    list: &'a [u8],
    /// One bit for each hash that has occurred. A name that sets a new one is new without another look.
    seen: u64,
    /// Where in the list the names begin. No line has more than 16 KiB.
    starts: [u16; MAX_PARAMS],
    count: usize,
}

impl<'a> Names<'a> {
    fn of(list: &'a [u8]) -> Self {
        Self { list, seen: 0, starts: [0; MAX_PARAMS], count: 0 }
    }

    /// Takes note of the name that begins there. `None` if it is one too many, or not new.
    fn add(&mut self, start: usize, name: &[u8]) -> Option<()> {
        let bit = 1 << hash(name);
        let known = self.starts.get(..self.count)?;
        if self.seen & bit != 0 && known.iter().any(|&at| self.is_at(usize::from(at), name)) {
            return None;
        }
        *self.starts.get_mut(self.count)? = u16::try_from(start).ok()?;
        self.seen |= bit;
        self.count += 1;
        Some(())
    }

    /// Whether the name that begins there is this one, in any case.
    fn is_at(&self, start: usize, name: &[u8]) -> bool {
        #[cfg(test)]
        steps::count(name.len());
        let (own, rest) = self.list[start..].split_at_checked(name.len()).unwrap_or_default();
        own.eq_ignore_ascii_case(name) && rest.first().is_some_and(|&byte| !is(byte, TOKEN))
    }
}

/// Six bits of a name that do not depend on its case. The names in use differ in them (a test holds them to it).
pub(super) fn hash(name: &[u8]) -> u32 {
    let fold = |byte: Option<&u8>| u32::from(byte.copied().unwrap_or_default() | 0x20);
    let length = u32::try_from(name.len()).unwrap_or_default();
    (fold(name.first()) + fold(name.last()) * 4 + length * 5) % 64
}

/// Counts what the reader does, for the tests that hold it to linear time.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<usize> = const { Cell::new(0) });

    pub(super) fn count(steps: usize) {
        STEPS.set(STEPS.get() + steps);
    }

    pub(in super::super) fn take() -> usize {
        STEPS.take()
    }
}
