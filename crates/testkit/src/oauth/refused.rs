//! An error answer (RFC 6749 section 5.2), and whether the client is to blame.

use serde_json::json;

use crate::Reply;

/// Why a request is not served.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) error: &'static str,
    pub(super) description: String,
    /// The client broke a rule: this goes to the violations. A token that is over is nobody's fault.
    pub(super) broken: bool,
    pub(super) fields: Vec<(&'static str, String)>,
}

impl Refused {
    /// The request breaks a rule of a specification.
    pub(super) fn broken(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, error, description: description.into(), broken: true, fields: Vec::new() }
    }

    /// The request is in order, and the answer is no.
    pub(super) fn denied(error: &'static str, description: impl Into<String>) -> Self {
        Self { broken: false, ..Self::broken(error, description) }
    }

    pub(super) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    pub(super) fn reply(&self) -> Reply {
        let body = json!({"error": self.error, "error_description": self.description});
        let reply = json_reply(self.status, &body);
        self.fields.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}

/// JSON that nobody may keep (RFC 6749 section 5.1).
pub(super) fn json_reply(status: u16, body: &serde_json::Value) -> Reply {
    Reply::json(&body.to_string()).with_status(status).header("cache-control", "no-store")
}
