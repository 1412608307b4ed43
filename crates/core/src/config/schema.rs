//! A JSON Schema of the documents: what an editor checks and completes.

use serde_json::{Map, Value, json};

use super::{Holds, Kind, Member};

/// The JSON Schema (2020-12) of documents with these types: [`KINDS`](super::KINDS), and those of other crates.
///
/// It allows no types of the program's own and no literal secrets. Beyond that, what it refuses is refused by
/// [`AuthConfig`](super::AuthConfig) too; what it takes may still be wrong: it knows nothing of members that exclude each other, and does
/// not look secrets up.
pub fn schema(kinds: &[&[Kind]]) -> Value {
    let kinds = kinds.iter().copied().flatten();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Authwright: who a program is, and where that may be used",
        "oneOf": [
            { "$ref": "#/$defs/entries" },
            {
                "type": "object",
                "required": ["auth"],
                "properties": { "$schema": { "type": "string" }, "auth": { "$ref": "#/$defs/entries" } },
                "additionalProperties": false,
            },
        ],
        "$defs": {
            "entries": { "type": "array", "items": { "oneOf": kinds.map(entry).collect::<Vec<_>>() } },
            "secret": {
                "type": "string",
                "description": "A reference: env:NAME, file:PATH, or with the feature `dotenv` dotenv:NAME.",
                "pattern": "^((env|dotenv):[A-Za-z_][A-Za-z0-9_]*|file:[^~].*)$",
            },
            "origin": {
                "type": "string",
                "description": "Scheme, host, port, and optionally a path prefix.",
                "pattern": "^https?://[^/?#@]+(/[^?#]*)?$",
            },
        },
    })
}

fn entry(kind: &Kind) -> Value {
    let mut properties = Map::new();
    let origin = json!({ "$ref": "#/$defs/origin" });
    properties.insert(
        "origins".into(),
        json!({
            "description": "Where the credential may travel: one origin, or a list of them.",
            "oneOf": [origin, { "type": "array", "items": origin, "minItems": 1 }],
        }),
    );
    properties.insert("type".into(), json!({ "const": kind.name, "description": kind.about }));
    properties.insert(
        "danger_plain_http".into(),
        json!({
            "type": "boolean",
            "description": "Accepts that origins and endpoints of this entry are plain http on another machine.",
        }),
    );
    let members = || kind.members.iter().copied().flatten();
    for member in members() {
        let mut holds = holds(kind, member);
        if let Value::Object(schema) = &mut holds {
            schema.insert("description".into(), member.about.into());
        }
        properties.insert(member.name.into(), holds);
    }
    let required = members().filter(|member| member.required).map(|member| member.name);
    let required: Vec<_> = ["origins", "type"].into_iter().chain(required).collect();
    let mut entry = json!({
        "type": "object",
        "description": kind.about,
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(just_one) = one_of(kind.one_of) {
        entry["oneOf"] = just_one;
    }
    entry
}

/// One of these members; the empty name stands for none of them.
fn one_of(names: &[&str]) -> Option<Value> {
    let alternatives = names.iter().map(|name| match *name {
        "" => {
            let any: Vec<_> = names[1..].iter().map(|name| json!({ "required": [name] })).collect();
            json!({ "not": { "anyOf": any } })
        }
        name => json!({ "required": [name] }),
    });
    (!names.is_empty()).then(|| alternatives.collect())
}

fn holds(kind: &Kind, member: &Member) -> Value {
    match member.holds {
        Holds::Text | Holds::TextOrSecret => json!({ "type": "string" }),
        // The empty password of Basic.
        Holds::Secret if kind.name == "basic" && member.name == "password" => {
            json!({ "anyOf": [{ "$ref": "#/$defs/secret" }, { "const": "" }] })
        }
        Holds::Secret => json!({ "$ref": "#/$defs/secret" }),
        Holds::Flag => json!({ "type": "boolean" }),
        Holds::Seconds => json!({ "type": "integer", "minimum": 0 }),
        Holds::List => {
            json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Holds::Texts => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Holds::Secrets => json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/secret" } }),
        Holds::Choice(words) => json!({ "enum": words }),
    }
}
