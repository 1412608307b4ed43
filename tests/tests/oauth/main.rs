//! OAuth 2 on every driver, in front of the strict server of the test kit. Tests that carry an obligation's number begin with
//! it (`e5_…`).

mod answers;
mod assertions;
mod bench;
mod callback;
mod canaries;
mod code;
mod credentials;
mod crowd;
mod device;
mod dpop;
mod dpop_nonces;
mod exchange;
mod flaky;
mod issuer;
mod key_set;
mod logout;
mod many;
mod metadata;
mod mix_up;
mod native;
mod numbers;
mod pkce;
mod pushed;
mod redirects;
mod registered;
mod registered_again;
mod renewing;
mod resource;
mod rotation;
mod step_up;
mod unreachable;
mod wire;
