use authwright_core::Target;

use super::*;

/// Each row, and the function that gives it.
fn rows() -> Vec<(Preset, Server)> {
    vec![
        (ATLASSIAN, atlassian()),
        (AUTH0, auth0("acme.eu.auth0.com")),
        (BITBUCKET, bitbucket()),
        (COGNITO, cognito("eu-west-1", "eu-west-1_AbC")),
        (DISCORD, discord()),
        (DROPBOX, dropbox()),
        (FACEBOOK, facebook()),
        (GITHUB, github()),
        (GITLAB, gitlab("https://gitlab.com")),
        (GOOGLE, google()),
        (KEYCLOAK, keycloak("https://id.example.com", "staff")),
        (MICROSOFT, microsoft("common")),
        (OKTA, okta("acme.okta.com")),
        (OKTA_SERVER, okta_server("acme.okta.com", "default")),
        (SALESFORCE, salesforce("login.salesforce.com")),
        (SPOTIFY, spotify()),
        (TWITCH, twitch()),
        (X, x()),
        (ZOOM, zoom()),
    ]
}

fn origin(url: &str) -> String {
    Target::parse(url).unwrap().origin().to_string()
}

#[test]
fn every_row_is_an_issuer_or_enough_endpoints() {
    for (row, server) in rows() {
        let issuer = &server.issuer;
        assert!(Target::parse(issuer).unwrap().is_https() && !issuer.contains(['{', '?', '#']), "{issuer}");
        let Some(metadata) = server.check().unwrap() else {
            assert!(row.endpoints().iter().all(|(_, url)| url.is_empty()), "{issuer}");
            continue;
        };
        // By hand: somebody can sign in, and no metadata are fetched for the rest.
        for (which, template) in row.endpoints() {
            let found = metadata.find(which, false).unwrap();
            let is_needed = matches!(which, Which::Authorization | Which::Token);
            assert!(found.is_some() || !is_needed, "{issuer}: {}", which.name());
            assert_eq!(found.is_some(), !template.is_empty(), "{issuer}: {}", which.name());
            let Some(endpoint) = found else { continue };
            assert!(endpoint.url.starts_with("https://") && !endpoint.url.contains('{'), "{issuer}");
            assert!(endpoint.uri().query().is_none(), "{issuer}: {}", which.name());
        }
        // A page to sign in at is where the issuer is; a token endpoint may be with the API.
        let page = metadata.endpoint(Which::Authorization, false).unwrap();
        assert_eq!(page.origin, origin(issuer));
        let methods = metadata.authentication_methods.as_deref();
        assert_eq!(methods.is_some(), row.secret_in_body, "{issuer}");
    }
}

#[test]
fn no_two_rows_are_one_server() {
    let mut issuers: Vec<_> = rows().into_iter().map(|(_, server)| server.issuer).collect();
    let all = issuers.len();
    issuers.sort();
    issuers.dedup();
    assert_eq!(issuers.len(), all);
}

#[test]
fn arguments_stand_where_they_belong() {
    for (server, issuer) in [
        (auth0("acme.eu.auth0.com"), "https://acme.eu.auth0.com/"),
        (auth0("https://acme.eu.auth0.com/"), "https://acme.eu.auth0.com/"),
        (okta("https://acme.okta.com"), "https://acme.okta.com"),
        (okta_server("acme.okta.com", "default"), "https://acme.okta.com/oauth2/default"),
        (salesforce("https://acme.my.salesforce.com/"), "https://acme.my.salesforce.com"),
        (gitlab("https://forge.example.com/gitlab/"), "https://forge.example.com/gitlab"),
        (keycloak("https://id.example.com/auth/", "a b"), "https://id.example.com/auth/realms/a%20b"),
        (cognito("eu-west-1", "eu-west-1_AbC"), "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC"),
    ] {
        assert_eq!(server.issuer, issuer);
    }
    let known = microsoft("9188040d-6c67-4c5b-b112-36a304b66dad").check().unwrap().unwrap();
    assert_eq!(&*known.issuer, "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0");
    assert_eq!(
        &*known.endpoint(Which::Token, false).unwrap().url,
        "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/oauth2/v2.0/token"
    );
}

/// A tenant's name that comes from somewhere else leads nowhere else.
#[test]
fn an_argument_of_a_path_stays_in_its_segment() {
    for server in [microsoft("../evil?x#"), keycloak("https://id.example.com", "a/../../evil?x#")] {
        assert!(!server.issuer.contains("../") && !server.issuer.contains(['?', '#']), "{}", server.issuer);
    }
    let one = origin(&cognito("x.evil.example/", "p").issuer);
    assert!(one.ends_with(".amazonaws.com"), "{one}");
}

#[test]
fn an_address_without_tls_is_refused_as_everywhere() {
    let error = gitlab("http://forge.example.com").check().unwrap_err();
    assert!(error.to_string().contains("plain http"), "{error}");
}
