//! A key in the query: core alone, no client.

use std::hint::black_box;

use authwright_core::{ApiKey, Body, Exchange, Hop, IntoScheme, Outgoing, Policy, Target};
use http::{HeaderMap, Method, Uri};
use url::Url;

use crate::{
    region::Recorder,
    shape::{self, KEY, KEY_QUERY, ORIGIN, URL},
    table::{Limit, Row},
};

const FLOOR: &str = "one pre-encoded append";
const CHECKED: &str = "the same, where the name is not there yet";

pub(super) const ROWS: &[Row] = &[
    Row::floor(FLOOR),
    Row::held("query: scheme", FLOOR, Limit::Times(1.2), Limit::AtMost(1.0)),
    Row::held("query: exchange", FLOOR, Limit::Times(1.4), Limit::AtMost(1.0)),
    Row::shown("by hand: query", FLOOR),
    Row::shown(CHECKED, FLOOR),
];

pub(super) fn run(recorder: &mut Recorder) {
    let (uri, policy) = (Uri::from_static(URL), Policy::default());
    let key = ApiKey::query(KEY_QUERY, KEY);

    let pair = format!("&{KEY_QUERY}={KEY}");
    recorder.each(
        FLOOR,
        || (),
        |()| {
            let sent = black_box(&uri).path_and_query()?.as_str();
            Some(append(sent, &pair))
        },
    );
    // What rule 2 of the exchange asks for on top: a key the caller has put there is left alone.
    recorder.each(
        CHECKED,
        || (),
        |()| {
            let sent = black_box(&uri).path_and_query()?.as_str();
            let query = sent.split_once('?').map_or("", |(_, query)| query);
            let is_there = query.split('&').any(|pair| pair.split('=').next() == Some(KEY_QUERY));
            (!is_there).then(|| append(sent, &pair))
        },
    );

    let scheme = key.clone().into_scheme().expect("a valid credential");
    let target = Target::from_uri(&uri).expect("an absolute URL");
    recorder.each("query: scheme", HeaderMap::new, |headers| {
        let mut hop = Hop::new("GET", target, headers, Body::Empty, &*policy.clock);
        scheme.authorize(&mut hop).is_ok() && black_box(hop.target()).len() > 1
    });

    let (auth, policy) = (shape::auth(ORIGIN, key), shape::policy(0));
    recorder.each("query: exchange", shape::headers, |headers| {
        let target = black_box(target);
        let outgoing = Outgoing { method: &Method::GET, target, headers, body: Body::Empty };
        Exchange::new(Some(&auth), &policy).step(outgoing).ok()?
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

fn append(sent: &str, pair: &str) -> String {
    let mut line = String::with_capacity(sent.len() + pair.len());
    line.push_str(sent);
    line.push_str(pair);
    line
}
