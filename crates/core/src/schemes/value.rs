//! What a scheme places: a secret, one that changes, or tokens.

use secrecy::SecretString;

use std::sync::Arc;

use super::{
    placed::{Label, Mould},
    token::PlacedToken,
};
use crate::{Error, RotatingSecret, Scheme, Secret, Tokens, secret::Resolved};

/// Where the value of an [`ApiKey`](crate::ApiKey), a [`Bearer`](crate::Bearer) or a [`Basic`](crate::Basic) comes from: a text,
/// a [`Secret`], a [`RotatingSecret`], or [`Tokens`]. All of them convert into it.
#[derive(Clone, Debug)]
pub struct Value(pub(super) Held);

#[derive(Clone, Debug)]
pub(super) enum Held {
    Secret(Secret),
    Rotating(RotatingSecret),
    Tokens(Tokens),
}

impl Value {
    /// A scheme that places whatever the value is, in this form.
    pub(super) fn placed(self, mould: Mould) -> Result<Arc<dyn Scheme>, Error> {
        match self.0 {
            Held::Secret(secret) => {
                let value = Resolved::from(&secret)?;
                Ok(mould.form(&value)?.fixed(Label::new(mould.what(), &value)))
            }
            Held::Rotating(secret) => secret.placed(mould),
            Held::Tokens(tokens) => Ok(Arc::new(PlacedToken::new(mould, tokens)?)),
        }
    }
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

impl From<RotatingSecret> for Value {
    fn from(secret: RotatingSecret) -> Self {
        Self(Held::Rotating(secret))
    }
}

impl From<&RotatingSecret> for Value {
    fn from(secret: &RotatingSecret) -> Self {
        Self(Held::Rotating(secret.clone()))
    }
}

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
