//! How long a source that has failed is left alone.

use std::time::Duration;

use super::{
    super::{
        Token,
        cache::Supply,
        flight::{Landing, Outcome},
    },
    at, cache, denied, lead, seconds, supplied,
};
use crate::Error;

fn busy() -> Error {
    Error::server("busy").transient()
}

fn living(lifetime: u64) -> Token {
    Token::new("t").lifetime(at(0), seconds(lifetime))
}

#[test]
fn after_the_first_failure_that_passes_a_caller_tries_at_once_and_then_later_and_later() {
    let cache = cache(seconds(60));
    let mut now = 0;
    lead(&cache, at(now)).fail(&busy(), at(now));
    for pause in [0, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000] {
        if pause > 0 {
            let error = denied(&cache, at(now + 1));
            assert_eq!(error.retry_after(), Some(Duration::from_millis(pause - 1)));
            denied(&cache, at(now + pause - 1));
        }
        now += pause;
        lead(&cache, at(now)).fail(&busy(), at(now));
    }
}

#[test]
fn many_failures_overflow_nothing() {
    let cache = cache(seconds(60));
    for round in 0..200 {
        lead(&cache, at(round * 3_600_000)).fail(&busy(), at(round * 3_600_000));
    }
    assert!(denied(&cache, at(199 * 3_600_000)).retry_after().unwrap() <= seconds(30));
}

#[test]
fn retry_after_is_honoured_up_to_an_hour() {
    for (asked, pause) in [(seconds(120), 120_000), (seconds(86_400), 3_600_000), (Duration::MAX, 3_600_000)]
    {
        let cache = cache(seconds(60));
        lead(&cache, at(0)).fail(&busy().with_retry_after(asked), at(0));
        assert_eq!(denied(&cache, at(0)).retry_after(), Some(Duration::from_millis(pause)));
        denied(&cache, at(pause - 1));
        lead(&cache, at(pause));
    }
}

#[test]
fn what_does_not_pass_is_tried_rarely() {
    let cache = cache(seconds(60));
    let mut now = 0;
    lead(&cache, at(now)).fail(&Error::credential("wrong password"), at(now));
    for pause in [30, 60, 120, 240, 480, 600, 600] {
        let error = denied(&cache, at(now));
        assert!(error.is_login_required() && error.retry_after().is_none());
        denied(&cache, at(now + pause * 1000 - 1));
        now += pause * 1000;
        lead(&cache, at(now)).fail(&Error::credential("wrong password"), at(now));
    }
}

#[test]
fn a_success_begins_anew() {
    let cache = cache(Duration::ZERO);
    for _ in 0..3 {
        lead(&cache, at(0)).fail(&busy(), at(0));
        lead(&cache, at(0)).fail(&busy(), at(0));
        denied(&cache, at(499));
        lead(&cache, at(500)).land(living(0), at(500), crate::tokens::cache::Landed::default());
    }
}

#[test]
fn a_clock_set_back_ends_a_pause() {
    let cache = cache(seconds(60));
    lead(&cache, at(10_000)).fail(&Error::credential("wrong password"), at(10_000));
    denied(&cache, at(10_000));
    lead(&cache, at(9_999));
}

#[test]
fn a_renewal_that_fails_leaves_the_token_to_its_end() {
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(living(300), at(0), crate::tokens::cache::Landed::default());
    let renewal = lead(&cache, at(240_000));
    assert!(!renewal.waits);
    assert_eq!(supplied(&cache, at(240_000)), "t", "while it is under way");
    renewal.fail(&busy(), at(241_000));
    assert_eq!(supplied(&cache, at(241_499)), "t", "in the pause after it");
    lead(&cache, at(241_500)).fail(&busy(), at(241_500));
    assert_eq!(supplied(&cache, at(242_499)), "t");
    lead(&cache, at(242_500)).fail(&Error::credential("spent"), at(280_000));
    assert_eq!(supplied(&cache, at(299_999)), "t", "close to its end too");
    assert!(denied(&cache, at(300_000)).is_login_required());
}

#[test]
fn who_has_waited_for_a_failure_uses_what_is_left_and_else_fails() {
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(living(300), at(0), crate::tokens::cache::Landed::default());
    let renewal = lead(&cache, at(295_000));
    assert!(renewal.waits);
    assert!(matches!(cache.supply(at(295_000), false, None), Ok(Supply::Follow(_))));
    let failed = Landing { cache: cache.id, outcome: Outcome::Failed(busy()), spent: Duration::ZERO };
    let left = cache.supply(at(295_000), true, Some(&failed));
    assert!(matches!(left, Ok(Supply::Token(_))), "a waiter that has given up");
    assert!(cache.supply(at(300_000), false, Some(&failed)).is_err());
}

#[test]
fn a_stream_waits_where_others_do_not() {
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(living(300), at(0), crate::tokens::cache::Landed::default());
    let renewal = lead(&cache, at(250_000));
    assert!(matches!(cache.supply(at(250_000), false, None), Ok(Supply::Token(_))));
    assert!(matches!(cache.supply(at(250_000), true, None), Ok(Supply::Follow(_))));
    renewal.fail(&busy(), at(250_000));
    assert!(matches!(cache.supply(at(250_499), true, None), Ok(Supply::Token(_))), "rather than nothing");
    assert!(matches!(cache.supply(at(250_500), true, None), Ok(Supply::Lead(lead)) if lead.waits));
}
