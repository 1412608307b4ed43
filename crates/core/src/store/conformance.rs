//! What every `TokenStore` must pass.
