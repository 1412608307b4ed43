//! When a token is fresh, stale, close to its end, and over.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{
    super::{Token, cache::Standing, current::Current},
    at, cache, lead, seconds,
};

fn standings(token: &Token, margin: Duration, moments: &[u64]) -> Vec<Standing> {
    let current = Current::new(token.clone(), 1, margin, at(0));
    let standing = |moment: &u64| {
        let standing = current.standing(at(*moment));
        assert_eq!(current.is_fresh(at(*moment)), standing == Standing::Fresh);
        standing
    };
    moments.iter().map(standing).collect()
}

fn living(lifetime: u64) -> Token {
    Token::new("t").lifetime(at(0), seconds(lifetime))
}

#[test]
fn each_boundary_belongs_to_what_follows() {
    use Standing::{Close, Fresh, Over, Stale};
    let moments = [0, 239_999, 240_000, 289_999, 290_000, 299_999, 300_000];
    assert_eq!(
        standings(&living(300), seconds(60), &moments),
        [Fresh, Fresh, Stale, Stale, Close, Close, Over]
    );
    // The last part is a quarter of a margin that is short.
    let moments = [279_999, 280_000, 294_999, 295_000, 299_999, 300_000];
    assert_eq!(standings(&living(300), seconds(20), &moments), [Fresh, Stale, Stale, Close, Close, Over]);
}

#[test]
fn a_margin_is_at_most_half_of_the_lifetime() {
    use Standing::{Close, Fresh, Over, Stale};
    let moments = [29_999, 30_000, 52_499, 52_500, 59_999, 60_000];
    assert_eq!(standings(&living(60), seconds(60), &moments), [Fresh, Stale, Stale, Close, Close, Over]);
    assert_eq!(standings(&living(60), Duration::MAX, &moments), [Fresh, Stale, Stale, Close, Close, Over]);
}

#[test]
fn without_a_margin_a_token_is_fresh_to_its_end() {
    let moments = [299_999, 300_000];
    assert_eq!(standings(&living(300), Duration::ZERO, &moments), [Standing::Fresh, Standing::Over]);
}

#[test]
fn a_lifetime_of_nothing_is_over_and_none_is_endless() {
    let year = 365 * 86_400_000;
    assert_eq!(standings(&living(0), seconds(60), &[0, 1, year]), [Standing::Over; 3]);
    assert_eq!(standings(&Token::new("t"), seconds(60), &[0, 1000 * year]), [Standing::Fresh; 2]);
}

#[test]
fn an_expiry_before_the_issue_is_over() {
    let token = living(300).expires_at(at(0) - seconds(5));
    assert_eq!(standings(&token, seconds(60), &[0, 1]), [Standing::Over; 2]);
}

#[test]
fn an_expiry_alone_counts_from_the_landing() {
    let token = Token::new("t").expires_at(at(20_000));
    assert_eq!(standings(&token, seconds(60), &[9_999, 10_000]), [Standing::Fresh, Standing::Stale]);
}

#[test]
fn a_token_of_the_future_and_a_clock_set_back_are_fresh() {
    let token = Token::new("t").lifetime(at(3_600_000), seconds(300));
    assert_eq!(standings(&token, seconds(60), &[0]), [Standing::Fresh]);
    let cache = cache(seconds(60));
    lead(&cache, at(0)).land(living(300), at(0), crate::tokens::cache::Landed::default());
    for back in [seconds(1), seconds(86_400), seconds(1_000_000)] {
        assert!(cache.peek().as_ref().unwrap().is_fresh(at(0) - back));
    }
}

proptest! {
    #[test]
    fn no_times_panic(issued: u64, lifetime: u64, margin: u64, nanoseconds in 0..1_000_000_000_u32, now: u64) {
        let moment = |seconds: u64| SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds));
        let (Some(issued), Some(now)) = (moment(issued / 4), moment(now / 4)) else { return Ok(()) };
        let token = Token::new("t").lifetime(issued, Duration::new(lifetime, nanoseconds));
        let expiry = token.expiry();
        let current = Current::new(token, 1, Duration::new(margin, 0), now);
        let standing = current.standing(now);
        prop_assert_eq!(current.is_fresh(now), standing == Standing::Fresh);
        match expiry {
            // 34 thousand years from now counts as for ever.
            None => prop_assert_eq!(standing == Standing::Fresh, now < SystemTime::UNIX_EPOCH + seconds(1 << 40)),
            Some(expiry) => prop_assert_eq!(standing == Standing::Over, now >= expiry),
        }
        prop_assert_eq!(current.refused().standing(now), Standing::Over);
    }

    #[test]
    fn a_token_only_grows_older(lifetime in 0..1000_u64, margin in 0..1000_u64, moments in proptest::array::uniform2(0..1_100_000_u64)) {
        let order = |standing| match standing {
            Standing::Fresh => 0,
            Standing::Stale => 1,
            Standing::Close => 2,
            Standing::Over => 3,
        };
        let current = Current::new(living(lifetime), 1, seconds(margin), at(0));
        let [first, second] = moments;
        let (first, second) = (first.min(second), first.max(second));
        prop_assert!(order(current.standing(at(first))) <= order(current.standing(at(second))));
        // At least half of a lifetime nothing needs to be done.
        prop_assert!(first * 2 >= lifetime * 1000 || current.is_fresh(at(first)));
    }
}
