//! Sign-in on another device (RFC 8628).

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{
    AuthServer,
    authorize::resources,
    form::Form,
    refused::{Refused, json_reply},
    state::State,
    token::{Asked, Grant, invalid},
};
use crate::{Received, Reply};

/// What `slow_down` adds, and what counts where no interval is said (RFC 8628 sections 3.2 and 3.5).
const FIVE_SECONDS: Duration = Duration::from_secs(5);

/// What a client that polls is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevicePoll {
    /// `authorization_pending`
    Pending,
    /// `slow_down`: from now on five seconds more.
    SlowDown,
    /// Tokens.
    Approved,
    /// `access_denied`
    Denied,
    /// `expired_token`
    Expired,
}

/// A device that waits for its user.
#[derive(Clone, Debug)]
pub(super) struct Device {
    client_id: String,
    scope: String,
    resources: Vec<String>,
    expires: SystemTime,
    interval: Duration,
    last_poll: Option<SystemTime>,
    /// What the user said.
    said: DevicePoll,
    /// It was told how it ends.
    over: bool,
}

impl AuthServer {
    /// Tells the next polls this, one after the other. Then what the user [said](Self::approve_device) counts.
    pub fn device_answers(&self, answers: &[DevicePoll]) {
        self.state().device_answers.extend(answers);
    }

    /// The user says yes to every device that waits.
    pub fn approve_device(&self) {
        self.state().devices.values_mut().for_each(|device| device.said = DevicePoll::Approved);
    }

    /// The user says no to every device that waits.
    pub fn deny_device(&self) {
        self.state().devices.values_mut().for_each(|device| device.said = DevicePoll::Denied);
    }

    /// When devices polled, by the clock, also where the test has answered.
    pub fn device_polls(&self) -> Vec<SystemTime> {
        self.state().device_polls.clone()
    }

    /// RFC 8628 sections 3.1 and 3.2.
    pub(super) fn begin_device(&self, state: &mut State, request: &Received) -> Result<Reply, Refused> {
        let form = Form::of_body(request).map_err(invalid)?;
        let client = self.authenticate(state, request, &form)?;
        let device = Device {
            scope: client.scope(form.get("scope"))?,
            client_id: client.id,
            resources: resources(&form)?,
            expires: self.setting.clock.now() + self.setting.device_lifetime,
            interval: self.setting.device_interval.unwrap_or(FIVE_SECONDS),
            last_poll: None,
            said: DevicePoll::Pending,
            over: false,
        };
        let code = state.fresh("device", "+/=");
        let user_code = format!("WDJB-{:04}", state.devices.len());
        state.devices.insert(code.clone(), device);
        let place = format!("{}/device", self.setting.issuer.trim_end_matches('/'));
        let mut answer = json!({
            "device_code": code,
            "user_code": user_code,
            "verification_uri": place,
            "verification_uri_complete": format!("{place}?user_code={user_code}"),
            "expires_in": self.setting.device_lifetime.as_secs(),
        });
        if let Some(interval) = self.setting.device_interval {
            answer["interval"] = json!(interval.as_secs());
        }
        Ok(json_reply(200, &answer))
    }

    /// One poll (RFC 8628 sections 3.4 and 3.5).
    pub(super) fn poll_device(&self, state: &mut State, asked: &Asked<'_>) -> Result<Value, Refused> {
        let code = asked.form.get("device_code").ok_or_else(|| invalid("`device_code` is missing"))?;
        let now = self.setting.clock.now();
        let device = state.devices.get_mut(code);
        let device =
            device.ok_or_else(|| Refused::broken("invalid_grant", "`device_code` is none of ours"))?;
        if device.client_id != asked.client.id {
            return Err(Refused::broken("invalid_grant", "`device_code` was given to another client"));
        }
        if device.over {
            return Err(Refused::broken(
                "invalid_grant",
                "the device polls on after it was told how it ends",
            ));
        }
        let last = device.last_poll.replace(now);
        if last.is_some_and(|last| now < last + device.interval) {
            let seconds = device.interval.as_secs();
            device.interval += FIVE_SECONDS;
            let why = format!("the device polls before {seconds} seconds are over");
            return Err(Refused::broken("slow_down", why));
        }
        let said = if device.expires <= now {
            DevicePoll::Expired
        } else {
            state.device_answers.pop_front().unwrap_or(device.said)
        };
        device.over = !matches!(said, DevicePoll::Pending | DevicePoll::SlowDown);
        match said {
            DevicePoll::Pending => Err(Refused::denied("authorization_pending", "the user has not said yet")),
            DevicePoll::SlowDown => {
                device.interval += FIVE_SECONDS;
                Err(Refused::denied("slow_down", "five seconds more from now on"))
            }
            DevicePoll::Denied => Err(Refused::denied("access_denied", "the user said no")),
            DevicePoll::Expired => Err(Refused::denied("expired_token", "`device_code` is over")),
            DevicePoll::Approved => {
                let device = device.clone();
                let subject = &self.setting.subject;
                let family = self.family(state, asked, subject, &device.scope, &device.resources);
                let (scope, audience) = (device.scope, device.resources);
                let grant = Grant { family, scope, audience, refreshes: true };
                let answer = self.issue(state, asked, &grant);
                Ok(self.with_id_token(state, answer, family, None))
            }
        }
    }
}
