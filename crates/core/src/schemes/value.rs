//! What a scheme places: a secret, or tokens.

use secrecy::SecretString;

use crate::{Secret, Tokens};

/// Where the value of an [`ApiKey`](crate::ApiKey) or a [`Bearer`](crate::Bearer) comes from: a text, a [`Secret`], or
/// [`Tokens`]. All of them convert into it.
#[derive(Clone, Debug)]
pub struct Value(pub(super) Held);

#[derive(Clone, Debug)]
pub(super) enum Held {
    Secret(Secret),
    Tokens(Tokens),
}

macro_rules! from_secrets {
    ($($type:ty),*) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self(Held::Secret(value.into()))
            }
        }
    )*};
}
from_secrets!(&str, String, SecretString, Secret, &Secret);

impl From<Tokens> for Value {
    fn from(tokens: Tokens) -> Self {
        Self(Held::Tokens(tokens))
    }
}

impl From<&Tokens> for Value {
    fn from(tokens: &Tokens) -> Self {
        Self(Held::Tokens(tokens.clone()))
    }
}
