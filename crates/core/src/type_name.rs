//! What a type is called in messages, where it does not say so itself.

/// The name of a type without its path and its parameters: `Vault` for `my_service::auth::Vault<Prod>`.
pub fn type_name<T: ?Sized>() -> &'static str {
    let name = std::any::type_name::<T>();
    let plain = name.split('<').next().unwrap_or(name);
    plain.rsplit("::").next().unwrap_or(plain)
}
