//! `env:NAME`, `file:PATH`, `dotenv:NAME`: how a document names a secret without holding it.

use crate::Secret;

/// What to write in the place of a secret, to follow "write".
pub(super) const FORMS: &str = "env:NAME or file:PATH";

/// What a text in the place of a secret is.
pub(super) enum Written {
    Reference(Secret),
    /// A reference that names nothing; why, to follow the place. What it names is not shown: it may be the secret itself.
    Wrong(&'static str),
    Literal,
}

impl Written {
    pub(super) fn read(text: &str) -> Self {
        let Some((kind, name)) = text.split_once(':') else { return Self::Literal };
        match kind {
            "env" if is_variable(name) => Self::Reference(Secret::env(name)),
            "dotenv" if is_variable(name) => Self::dotenv(name),
            "env" | "dotenv" => Self::Wrong(
                "does not name an environment variable: letters, digits and `_` can follow the colon, with no blank",
            ),
            "file" if name.is_empty() => Self::Wrong("names no file: write file:PATH"),
            "file" if name.contains('\0') => {
                Self::Wrong("names no file: a path cannot have the character NUL")
            }
            "file" if name.starts_with('~') => {
                Self::Wrong("begins with `~`, which only a shell replaces: write the whole path")
            }
            "file" => Self::Reference(Secret::file(name)),
            _ => Self::Literal,
        }
    }

    #[cfg(feature = "dotenv")]
    fn dotenv(name: &str) -> Self {
        Self::Reference(Secret::dotenv(name))
    }

    #[cfg(not(feature = "dotenv"))]
    fn dotenv(_: &str) -> Self {
        Self::Wrong("is looked up in a .env file, which needs the feature `dotenv`")
    }
}

/// A name as shells have them (POSIX 8.1). A key that was written behind `env:` by mistake has other characters, as a rule.
fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
