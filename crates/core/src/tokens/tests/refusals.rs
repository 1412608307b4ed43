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
    lead(&cache, at(0)).land(endless(), at(0), None);
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2));
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2), "by everybody who has used it");
    let next = lead(&cache, at(0));
    assert!(next.waits && next.old.as_ref().unwrap().rejected);
    next.land(Token::new("u"), at(0), None);
    assert_eq!(supplied(&cache, at(0)), "u");
    assert_eq!(cache.reject(1, at(0)), Refusal::Again(2), "and late ones hit nobody");
    assert_eq!(supplied(&cache, at(0)), "u");
}

#[test]
fn what_never_was_cannot_be_refused() {
    let cache = cache(seconds(60));
    assert_eq!(cache.reject(0, at(0)), Refusal::Stands);
    assert_eq!(cache.reject(7, at(0)), Refusal::Stands);
    lead(&cache, at(0)).land(endless(), at(0), None);
    assert_eq!(cache.reject(7, at(0)), Refusal::Stands);
    assert_eq!(supplied(&cache, at(0)), "t");
}

#[test]
fn tokens_refused_one_after_the_other_come_in_growing_pauses() {
    let cache = cache(seconds(60));
    let mut now = 0;
    lead(&cache, at(now)).land(endless(), at(now), None);
    assert_eq!(cache.reject(1, at(now)), Refusal::Again(2), "the first one at once");
    for (generation, pause) in (2..).zip([1, 2, 4, 8, 16, 32, 60, 60]) {
        lead(&cache, at(now)).land(endless(), at(now), None);
        assert_eq!(cache.reject(generation, at(now)), Refusal::Stands);
        assert_eq!(cache.reject(generation, at(now + pause * 1000 - 1)), Refusal::Stands);
        assert_eq!(supplied(&cache, at(now)), "t", "what stands is still used");
        now += pause * 1000;
        assert_eq!(cache.reject(generation, at(now)), Refusal::Again(generation + 1));
    }
}

#[test]
fn a_token_that_was_accepted_once_may_be_refused_at_any_time() {
    let cache = cache(seconds(60));
    for generation in 1..20 {
        lead(&cache, at(0)).land(endless(), at(0), None);
        cache.peek().as_ref().unwrap().accept();
        assert_eq!(cache.reject(generation, at(0)), Refusal::Again(generation + 1));
    }
}

#[test]
fn a_fixed_token_cannot_be_replaced() {
    let tokens = Tokens::new(endless()).unwrap();
    let cache = &tokens.0.cache;
    assert_eq!(cache.reject(1, at(0)), Refusal::Stands);
    assert_eq!(supplied(cache, at(0)), "t");
    assert!(!tokens.is_renewable());
}
