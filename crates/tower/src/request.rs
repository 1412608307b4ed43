//! What one request says for itself, in its extensions.

use authwright_core::Auth;

/// Other credentials for this request, in place of the layer's: for tenants on one client.
///
/// ```
/// use authwright_tower::{Auth, WithAuth};
///
/// # fn of_tenant(tenant: Auth) {
/// let mut request = http::Request::get("https://api.example.com/orders").body(()).unwrap();
/// request.extensions_mut().insert(WithAuth(tenant));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WithAuth(pub Auth);

/// The request goes bare, whatever else its extensions say. A 401 or 403 is then delivered as a response.
#[derive(Clone, Copy, Debug)]
pub struct WithoutAuth;

/// Records what is decided and why; find it as a [`Trail`](crate::Trail) in the response's extensions, or with the error's
/// [`trail`](crate::Error::trail).
#[derive(Clone, Copy, Debug)]
pub struct Explain;

/// What was found. It is not sent on.
pub(crate) struct Options {
    pub(crate) auth: Option<Auth>,
    pub(crate) bare: bool,
    pub(crate) explain: bool,
}

impl Options {
    pub(crate) fn take(extensions: &mut http::Extensions) -> Self {
        Self {
            auth: extensions.remove::<WithAuth>().map(|WithAuth(auth)| auth),
            bare: extensions.remove::<WithoutAuth>().is_some(),
            explain: extensions.remove::<Explain>().is_some(),
        }
    }
}
