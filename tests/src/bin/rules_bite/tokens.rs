//! The rules of tokens: one fetch, nobody waits in vain, nothing is lost.

use crate::{Mutation, cut};

const CACHE: &str = "crates/core/src/tokens/cache.rs";
const CURRENT: &str = "crates/core/src/tokens/current.rs";
const FLIGHT: &str = "crates/core/src/tokens/flight.rs";
const RENEWAL: &str = "crates/core/src/tokens/renewal.rs";
const TOKENS: &str = "crates/core/src/tokens/mod.rs";

pub(crate) const MUTATIONS: &[Mutation] = &[
    cut(
        "T one fetch at a time",
        CACHE,
        "if let Some(flight) = &state.flight {\n            return Ok(Supply::Follow",
        "if let (Some(flight), true) = (&state.flight, now < SystemTime::UNIX_EPOCH) {\n            return Ok(Supply::Follow",
    ),
    cut("T a refusal is about its generation", CACHE, "if state.generation > generation {", "if false {"),
    cut(
        "T a refusal renews (D5)",
        TOKENS,
        "if response.status == http::StatusCode::UNAUTHORIZED {",
        "if response.status == http::StatusCode::IM_A_TEAPOT {",
    ),
    cut(
        "T refused again at once: pauses",
        CACHE,
        "let pause = after_refusals(current.refused_before.saturating_sub(free));",
        "let pause = after_refusals(0);",
    ),
    cut("T stale: nobody waits", CACHE, "Standing::Stale => must_last,", "Standing::Stale => true,"),
    cut(
        "T a stream waits for a token that lasts",
        CACHE,
        "Standing::Stale => must_last,",
        "Standing::Stale => false,",
    ),
    cut("T stale: a failure fails no request", CACHE, "just_fetched || failed || in_pause()", "just_fetched"),
    cut(
        "T just fetched is used once",
        CACHE,
        "Standing::Over => just_fetched && !current.rejected,",
        "Standing::Over => false,",
    ),
    cut(
        "T who dies is replaced",
        CACHE,
        "self.end(|_, _, _| Outcome::Abandoned);",
        "let _: fn(&mut Self) = |lead| lead.end(|_, _, _| Outcome::Abandoned);",
    ),
    cut(
        "T a late landing replaces nothing newer",
        CACHE,
        "if replaced { state.generation } else {",
        "if false && replaced { state.generation } else {",
    ),
    cut("T the margin is half a life at most", CURRENT, "let margin = margin.min(lifetime / 2);", ""),
    cut(
        "T everybody is woken",
        FLIGHT,
        "let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));",
        "drop(waker);",
    ),
    cut("T a driver waits no longer than its caller", FLIGHT, "left.min(limit)", "limit"),
    cut("T a waiter that leaves frees its seat", FLIGHT, "            waiting.free.push(self.seat);\n", ""),
    cut(
        "T past the limit the next one starts anew",
        FLIGHT,
        "if waited >= self.shared.limit\n",
        "if waited >= self.shared.limit * 1000\n",
    ),
    cut(
        "T look again under the lock",
        RENEWAL,
        "if let Some(kept) = kept.clone().filter(|kept| self.is_better(kept)) {",
        "if let Some(kept) = kept.clone().filter(|_| false) {",
    ),
    cut(
        "T stored before it is used (E14)",
        RENEWAL,
        "let saved = guard.save(&record);",
        "let _ = &record;\n            let saved: Result<Saved, Error> = Ok(Saved::Stored);",
    ),
    cut(
        "T what was overtaken adopts",
        RENEWAL,
        "                Ok(Saved::Overtaken) => guard.load(),\n",
        "",
    ),
    cut(
        "T the loser adopts",
        RENEWAL,
        "Ok(Some(now)) if changed(&now)",
        "Ok(Some(now)) if false && changed(&now)",
    ),
    cut(
        "T no new refresh token keeps the old (E14)",
        "crates/core/src/tokens/token.rs",
        "parts.refresh.take().or_else(|| old.0.refresh.clone())",
        "parts.refresh.take()",
    ),
    cut(
        "T a record belongs to its identity",
        "crates/core/src/tokens/record.rs",
        "if value[\"identity\"].as_str() != Some(key.identity()) {",
        "if false {",
    ),
    cut(
        "T fetches go to https",
        "crates/core/src/flow/io.rs",
        "if origin::is_protected(&target) {",
        "if true {",
    ),
    cut(
        "T logins go to https",
        "crates/core/src/tokens/login.rs",
        "if !origin::is_protected(&target) && !self.plain_http {",
        "if false {",
    ),
    cut(
        "T an answer has a size",
        "crates/core/src/flow/call.rs",
        "if self.0.len() as u64 > MAX_ANSWER {",
        "if false {",
    ),
    cut(
        "T no more of an answer is read than is taken (reqwest)",
        "crates/core/src/flow/call.rs",
        "        self.room() > 0",
        "        true",
    ),
    cut(
        "T no more of an answer is read than is taken (ureq)",
        "crates/core/src/flow/call.rs",
        "from.take(self.room()).read_to_end",
        "from.take(u64::MAX).read_to_end",
    ),
    cut(
        "T a call has a time (reqwest)",
        "crates/reqwest/src/flow.rs",
        "*request.timeout_mut() = Some(timeout);",
        "*request.timeout_mut() = Some(timeout * 1000);",
    ),
    cut(
        "T a call has a time (ureq)",
        "crates/ureq/src/flow.rs",
        ".timeout_global(Some(call.timeout()))",
        ".timeout_global(Some(call.timeout() * 1000))",
    ),
    cut(
        "T the caller's timeout covers the wait (reqwest)",
        "crates/reqwest/src/run.rs",
        "flow::wait(flight, deadline.left())",
        "flow::wait(flight, None)",
    ),
    cut(
        "T the caller's timeout covers the wait (ureq)",
        "crates/ureq/src/run.rs",
        "flight.block(deadline.left())",
        "flight.block(None)",
    ),
    cut("T futures are refused by ureq", "crates/ureq/src/builder.rs", "self.auth.check_blocking()?;", ""),
    cut(
        "T a plain field is no password",
        "crates/core/src/tokens/login.rs",
        "Given::Text(_) if is_secret_name(&name) => {",
        "Given::Text(_) if false && is_secret_name(&name) => {",
    ),
];
