//! The JSON a token comes in.

use serde_json::{Map, Value};

use super::Issued;

/// Where in the JSON things are, as JSON pointers.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) token: String,
    pub(crate) expires_in: String,
    pub(crate) refresh_token: String,
}

const OAUTH_TOKEN: &str = "/access_token";

impl Default for Shape {
    fn default() -> Self {
        Self {
            token: OAUTH_TOKEN.into(),
            expires_in: "/expires_in".into(),
            refresh_token: "/refresh_token".into(),
        }
    }
}

impl Shape {
    pub(crate) fn json(&self, issued: &Issued) -> String {
        let mut json = Value::Object(Map::new());
        insert(&mut json, &self.token, issued.access_token.as_str().into());
        if self.token == OAUTH_TOKEN {
            insert(&mut json, "/token_type", "Bearer".into());
        }
        if let Some(lifetime) = issued.expires_in {
            insert(&mut json, &self.expires_in, lifetime.as_secs().into());
        }
        if let Some(token) = &issued.refresh_token {
            insert(&mut json, &self.refresh_token, token.as_str().into());
        }
        json.to_string()
    }
}

/// What a place in the JSON is told by (RFC 6901). The empty pointer, which is the whole, is no place for a token among others.
#[track_caller]
pub(crate) fn check_pointer(pointer: &str) -> String {
    assert!(pointer.starts_with('/'), "`{pointer}` is no JSON pointer: write `/data/token`");
    pointer.to_owned()
}

/// Puts a value where the pointer says; what is missing on the way there becomes an object.
fn insert(json: &mut Value, pointer: &str, value: Value) {
    let mut place = json;
    for key in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key.replace("~1", "/").replace("~0", "~")];
    }
    *place = value;
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_shape_has_what_was_issued_where_it_was_asked_for() {
        let mut issued = Issued {
            access_token: "token-1".into(),
            refresh_token: None,
            expires_in: Some(Duration::from_millis(60_900)),
        };
        assert_eq!(
            Shape::default().json(&issued),
            r#"{"access_token":"token-1","expires_in":60,"token_type":"Bearer"}"#
        );

        issued.refresh_token = Some("refresh-1".into());
        let shape = Shape {
            token: "/data/to~1ken".into(),
            expires_in: "/data/ttl".into(),
            refresh_token: "/again".into(),
        };
        assert_eq!(shape.json(&issued), r#"{"again":"refresh-1","data":{"to/ken":"token-1","ttl":60}}"#);
        issued.expires_in = None;
        assert_eq!(shape.json(&issued), r#"{"again":"refresh-1","data":{"to/ken":"token-1"}}"#);
    }
}
