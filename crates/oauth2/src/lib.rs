//! OAuth 2 flows for Authwright. Empty until the flows are built; not published before that.
