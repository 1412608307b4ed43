//! A key in the query: core alone, no client.

use std::hint::black_box;

use authwright_core::{ApiKey, Body, Exchange, Hop, IntoScheme, Outgoing, Policy, Target};
use http::{HeaderMap, Method, Uri, uri::PathAndQuery};
use url::Url;

use super::header::line;
use crate::{
    region::Recorder,
    shape::{self, KEY, KEY_QUERY, ORIGIN, URL},
    table::{Limit, Row},
};

/// A request is sent to a `Uri`, so that is what an append has to end in: the text alone could not be sent.
const FLOOR: &str = "one pre-encoded append to a Uri";
const TEXT: &str = "of which the text";
const CHECKED: &str = "the same, where the name is not there yet";

pub(super) const ROWS: &[Row] = &[
    Row::floor(FLOOR),
    Row::shown(TEXT, FLOOR),
    Row::shown(CHECKED, FLOOR),
    Row::held("query: scheme", FLOOR, Limit::Times(1.2), Limit::AtMost(1.0)),
    Row::held("query: exchange", FLOOR, Limit::Times(1.4), Limit::AtMost(1.0)),
    Row::shown("query: exchange, text alone", FLOOR),
    Row::shown("by hand: query", FLOOR),
];

pub(super) fn run(recorder: &mut Recorder) {
    let (uri, policy) = (Uri::from_static(URL), Policy::default());
    let key = ApiKey::query(KEY_QUERY, KEY);

    let pair = format!("&{KEY_QUERY}={KEY}");
    recorder.each(
        FLOOR,
        || (),
        |()| {
            let uri = black_box(&uri);
            with_line(uri, append(uri.path_and_query()?.as_str(), &pair))
        },
    );
    recorder.each(TEXT, || (), |()| Some(append(black_box(&uri).path_and_query()?.as_str(), &pair)));
    // What rule 2 of the exchange asks for on top: a key the caller has put there is left alone.
    recorder.each(
        CHECKED,
        || (),
        |()| {
            let sent = black_box(&uri).path_and_query()?.as_str();
            let query = sent.split_once('?').map_or("", |(_, query)| query);
            let is_there = query.split('&').any(|pair| pair.split('=').next() == Some(KEY_QUERY));
            if is_there { None } else { with_line(&uri, append(sent, &pair)) }
        },
    );

    let scheme = key.clone().into_scheme().expect("a valid credential");
    let target = Target::from_uri(&uri).expect("an absolute URL");
    recorder.each("query: scheme", HeaderMap::new, |headers| {
        let mut hop = Hop::new(&Method::GET, target, headers, Body::Empty, &policy.clock);
        scheme.authorize(&mut hop).ok()?;
        with_line(&uri, hop.into_line())
    });

    let (auth, policy) = (shape::auth(ORIGIN, key), shape::policy(0));
    recorder.each("query: exchange", shape::headers, |headers| {
        let target = black_box(target);
        let outgoing = Outgoing { method: &Method::GET, target, headers, body: Body::Empty };
        with_line(&uri, line(Exchange::new(Some(&auth), &policy).step(outgoing)).ok()??)
    });
    recorder.each("query: exchange, text alone", shape::headers, |headers| {
        let target = black_box(target);
        let outgoing = Outgoing { method: &Method::GET, target, headers, body: Body::Empty };
        line(Exchange::new(Some(&auth), &policy).step(outgoing)).ok()?
    });

    let url: Url = URL.parse().expect("a URL");
    recorder.each(
        "by hand: query",
        || (),
        |()| {
            let mut url = black_box(&url).clone();
            url.query_pairs_mut().append_pair(KEY_QUERY, black_box(KEY));
            url
        },
    );
}

/// What a driver does with path and query: the `Uri` to be sent.
fn with_line(uri: &Uri, line: String) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(line).ok()?);
    Uri::from_parts(parts).ok()
}

fn append(sent: &str, pair: &str) -> String {
    let mut line = String::with_capacity(sent.len() + pair.len());
    line.push_str(sent);
    line.push_str(pair);
    line
}
