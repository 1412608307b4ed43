//! What a 401 does to the token it was given to.

use super::{
    super::{Token, Tokens, cache::Refusal},
    at, cache, lead, seconds, supplied,
};

fn endless() -> Token {
    Token::new("t")
}

#[test]
fn a_refused_token_is_not_handed_out_again() {
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(endless(), at(0), crate::tokens::cache::Landed::default());
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2));
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2), "by everybody who has used it");
    let next = lead(&cache, at(0));
    assert!(next.waits && next.old.as_ref().unwrap().rejected);
    next.land(Token::new("u"), at(0), crate::tokens::cache::Landed::default());
    assert_eq!(supplied(&cache, at(0)), "u");
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2), "and late ones hit nobody");
    assert_eq!(supplied(&cache, at(0)), "u");
}

#[test]
fn what_never_was_cannot_be_refused() {
    let cache = cache(seconds(60));
    assert_eq!(cache.reject(0, at(0)), Refusal::Stands);
    assert_eq!(cache.reject(7, at(0)), Refusal::Stands);
    lead(&cache, at(0)).land(endless(), at(0), crate::tokens::cache::Landed::default());
    assert_eq!(cache.reject(7, at(0)), Refusal::Stands);
    assert_eq!(supplied(&cache, at(0)), "t");
}

#[test]
fn tokens_refused_one_after_the_other_come_in_growing_pauses() {
    let cache = cache(seconds(60));
    let mut now = 0;
    lead(&cache, at(now)).land(endless(), at(now), crate::tokens::cache::Landed::default());
    assert_eq!(cache.reject(1, at(now)), Refusal::Again(2), "the first one at once");
    for (generation, pause) in (2..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        lead(&cache, at(now)).land(endless(), at(now), crate::tokens::cache::Landed::default());
        assert_eq!(cache.reject(generation, at(now)), Refusal::Stands);
        assert_eq!(cache.reject(generation, at(now + pause * 1000 - 1)), Refusal::Stands);
        assert_eq!(supplied(&cache, at(now)), "t", "what stands is still used");
        now += pause * 1000;
        assert_eq!(cache.reject(generation, at(now)), Refusal::Again(generation + 1));
    }
}

/// Accepted at one path and refused at another: each refusal fetches anew at first, but not for every request for ever.
#[test]
fn tokens_accepted_and_refused_at_once_come_in_pauses_from_the_fourth_on() {
    let cache = cache(seconds(60));
    let fetched = |now| {
        lead(&cache, at(now)).land(endless(), at(now), crate::tokens::cache::Landed::default());
        cache.peek().as_ref().unwrap().accept();
    };
    for generation in 1..=4 {
        fetched(0);
        assert_eq!(cache.reject(generation, at(0)), Refusal::Again(generation + 1), "may have been revoked");
    }
    fetched(0);
    assert_eq!(cache.reject(5, at(999)), Refusal::Stands);
    assert_eq!(cache.reject(5, at(1000)), Refusal::Again(6));
    fetched(1000);
    assert_eq!(cache.reject(6, at(2999)), Refusal::Stands);
    assert_eq!(cache.reject(6, at(61_000)), Refusal::Again(7));
    fetched(61_000);
    assert_eq!(cache.reject(7, at(61_000)), Refusal::Again(8), "the one before had served for a minute");
}

#[test]
fn a_fixed_token_cannot_be_replaced() {
    let tokens = Tokens::new(endless()).unwrap();
    let cache = &tokens.0.cache;
    assert_eq!(cache.reject(1, at(0)), Refusal::Stands);
    assert_eq!(supplied(cache, at(0)), "t");
    assert!(!tokens.is_renewable());
}
