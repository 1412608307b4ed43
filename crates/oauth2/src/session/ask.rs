//! What one login asks for, besides what the registration says.

use authwright_core::StepUp;

use crate::authorization::Request;

/// What one login asks for, besides what the registration says. For [`Session::login_asking`](crate::Session::login_asking)
/// and [`begin_asking`](crate::Session::begin_asking).
///
/// ```
/// use authwright_core::Denied;
/// use authwright_oauth2::Ask;
///
/// fn again(denied: &Denied) -> Option<Ask> {
///     // A refusal that another login would mend says what that has to bring.
///     Some(Ask::new().step_up(denied.step_up()?))
/// }
/// let choose = Ask::new().prompt("select_account").login_hint("sam@example.com");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Ask(Request);

impl Ask {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the server shows the person: `login`, `consent`, `select_account` (`OpenID` Connect Core section 3.1.2.1).
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.parameter("prompt", prompt)
    }

    /// Who is expected to sign in, as far as that is known.
    pub fn login_hint(self, hint: impl Into<String>) -> Self {
        self.parameter("login_hint", hint)
    }

    /// More scope than the registration's, separated by blanks: what a person is asked for only when they need it.
    pub fn scope(mut self, more: impl Into<String>) -> Self {
        self.0.scope = more.into();
        self
    }

    /// How long ago the person may have proved who they are, at most (`max_age`, `OpenID` Connect Core section 3.1.2.1). With
    /// `.openid()` the server has to say when it was, and that is checked.
    pub fn max_age(mut self, age: std::time::Duration) -> Self {
        self.0.max_age = Some(age);
        self
    }

    /// A parameter of the server's own, for its authorization endpoint.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.parameters.push((name.into(), value.into()));
        self
    }

    /// What an API has asked for: more scope, or a stronger or newer login (RFC 6750 section 3.1, RFC 9470 section 4). The
    /// scope is asked for on top of the registration's.
    pub fn step_up(mut self, step_up: StepUp) -> Self {
        self.0.step_up = Some(step_up);
        self
    }

    pub(super) fn into_request(self) -> Request {
        self.0
    }
}
