// oidc-provider as a referee: three issuers in one process.
//
//     node server.mjs FOLDER PORT PORT PORT
//
// FOLDER has the clients' private keys: es256.pem, eddsa.pem, rs256.pem, ps256.pem. Three files are written to it.
// `server.json` says all that a test needs; it is there before a port is open. `access.log` has a line for each
// request, which is there before the response is sent:
//
//     ISSUER METHOD ROUTE STATUS auth=... client=... grant=... proof=... error=...
//
// `auth` is how the client or the token came: a scheme of Authorization, `post`, `jwt` (an assertion) or `none`.
// `proof` is `none`, `bare` or `nonce`. What is not there is `-`. Values are percent-encoded, and none is secret.
//
// `arrived.log` has everything that arrived and what was answered, as JSON, secrets and all: with it a test knows what to
// look for elsewhere, and where each secret went.
//
// The issuers differ in DPoP (RFC 9449) alone: `plain` has no nonces, `offered` gives them in responses, `required`
// wants them at its token endpoint, its PAR endpoint and its resources. And in who may register: anybody at `plain`; at
// `offered` who has an initial access token, of which each has a policy: `as-asked`, or `confidential`, which changes what
// was asked for; at `required` who has the one that there is. GET /initial?policy=... gives one, to the test alone.
//
// On: authorization code with PKCE (S256, required), client credentials, device grant, refresh with rotation and
// detection of reuse, PAR, DPoP with ES256 and EdDSA, resource indicators, introspection, revocation, registration and its
// management, `iss` in authorization responses, userinfo, logout. Assertions of clients must have the issuer
// alone as audience. Ours, in grants.mjs: token exchange and JWT bearer.
//
// What oidc-provider 9.13 does not do, or does in its own way:
// * It has no `interval` in the device response, and no `slow_down`: it is pending however often it is asked.
// * Ids and secrets are printable ASCII. PKCE is S256. `request_uri` is PAR's.
// * Clients of client_secret_basic and client_secret_post may use either; only the log tells which they used.
// * JWT access tokens can be neither revoked nor introspected (`unsupported_token_type`).
// * DPoP binds the refresh tokens of public clients alone; those of others take any key, or none.
// * When an access token is revoked, or a refresh token reused, every token of the grant is gone.
// * A proof without a nonce may be five minutes off; one with a nonce, any time. A nonce is good for three to four
//   minutes and cannot be made to expire sooner; a new one comes each minute.
// * Tokens and assertions are taken for 15 seconds longer than they say. An assertion's `iat` is not looked at.
// * A web client gets `offline_access` only with `prompt=consent`.
// * Metadata does not say how clients authenticate for introspection and revocation: as for tokens.
// * No TLS here, so no mTLS and no client id metadata documents; no protected resource metadata (RFC 9728).

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import Provider, { errors } from 'oidc-provider';

import { clients, metadata, publicKeys, redirects } from './clients.mjs';
import { assertionIssuer, registerGrants } from './grants.mjs';
import { resources, resourceServer, serveResources } from './resource.mjs';

const [folder, ...ports] = process.argv.slice(2);
const log = `${folder}/access.log`;
const everything = `${folder}/arrived.log`;
const known = clients(folder);
const keys = publicKeys(folder);
const [privateKeys, publicKeySet] = serverKeys();

const nonceSecret = randomBytes(32);
const kinds = {
  plain: {},
  offered: { nonceSecret },
  required: { nonceSecret, requireNonce: () => true },
};
const initialToken = randomBytes(32).toString('base64url');
const registrations = {
  plain: {},
  offered: { initialAccessToken: true, policies: { 'as-asked': () => {}, confidential } },
  required: { initialAccessToken: initialToken },
};
const issuers = {};
for (const name in kinds) issuers[name] = `http://127.0.0.1:${ports.shift()}`;

writeFileSync(`${folder}/server.json`, JSON.stringify({
  issuers,
  resources: Object.fromEntries(Object.entries(issuers).map(([name, issuer]) => [name, resources(issuer)])),
  redirects,
  clients: known,
  assertion_issuer: assertionIssuer,
  access_token_seconds: 60,
  log,
  arrived: everything,
}, null, 2));

for (const [name, dPoP] of Object.entries(kinds)) {
  const issuer = issuers[name];
  open(name, issuer, dPoP).listen(new URL(issuer).port, '127.0.0.1');
}

function open(name, issuer, dPoP) {
  const provider = new Provider(issuer, {
    clients: metadata(known, keys),
    jwks: privateKeys,
    cookies: { keys: [randomBytes(32).toString('hex')] },
    features: {
      // Its own forms for login and consent, which take any name.
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      dPoP: { enabled: true, ...dPoP },
      introspection: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      registration: { enabled: true, ...registrations[name] },
      registrationManagement: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => resourceServer(issuer, resource),
      },
      revocation: { enabled: true },
    },
    // The last two also without a resource, so that plain OAuth without OpenID has something to ask for.
    scopes: ['openid', 'offline_access', 'read', 'write'],
    findAccount: (ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (ctx, client, code) => client.grantTypeAllowed('refresh_token')
      && (client.applicationType === 'native' || code.scopes.has('offline_access')),
    expiresWithSession: () => false,
    // Its own rule for FAPI 2.0 clients, for all (RFC 7523bis section 4).
    assertJwtClientAuthClaimsAndHeader: (ctx, claims) => {
      if (claims.aud !== issuer) throw new errors.InvalidClientAuth('the audience must be the issuer alone');
    },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      ClientCredentials: 60,
      DeviceCode: 600,
      Grant: 3600,
      IdToken: 60,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
    },
  });
  registerGrants(provider, keys);
  serveResources(provider, publicKeySet);
  provider.use(async (ctx, next) => {
    await next();
    const route = ctx.routerPath ?? ctx.path;
    appendFileSync(everything, `${JSON.stringify({ issuer: name, route, ...whole(ctx) })}\n`);
    appendFileSync(log, `${name} ${ctx.method} ${route} ${ctx.res.statusCode} ${seen(ctx)}\n`);
  });
  provider.use(async (ctx, next) => {
    if (ctx.path === '/initial') ctx.body = { initial_access_token: await initial(provider, name, ctx.query.policy) };
    else await next();
  });
  provider.on('server_error', (ctx, error) => console.error(name, ctx.method, ctx.path, error));
  return provider;
}

// The server decides (RFC 7591 section 3.2.1): a secret that was not asked for, and less scope.
function confidential(ctx, properties) {
  Object.assign(properties, {
    token_endpoint_auth_method: 'client_secret_basic',
    client_secret: randomBytes(32).toString('base64url'),
    client_secret_expires_at: 0,
    scope: 'openid offline_access read',
  });
}

// Made when it is wanted: the store forgets the oldest of what it has.
async function initial(provider, name, policy) {
  return name === 'required' ? initialToken : new provider.InitialAccessToken({ policies: [policy] }).save();
}

function seen(ctx) {
  const { params = {}, entities = {}, body = {} } = ctx.oidc ?? {};
  const [scheme] = ctx.get('authorization').split(' ');
  const inBody = (body.client_assertion && 'jwt') || (body.client_secret && 'post');
  const fields = {
    auth: scheme.toLowerCase() || inBody || 'none',
    client: entities.Client?.clientId ?? entities.AccessToken?.clientId,
    grant: params.grant_type,
    proof: proof(ctx.get('dpop')),
    error: ctx.body?.error,
  };
  return Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value ?? '-')}`).join(' ');
}

function whole({ url, headers, oidc, body: answer, response }) {
  const location = response.get('location');
  return { url, headers, body: oidc?.body, answer: typeof answer === 'object' ? answer : undefined, location };
}

function proof(header) {
  try {
    return header ? (JSON.parse(Buffer.from(header.split('.')[1], 'base64url')).nonce ? 'nonce' : 'bare') : 'none';
  } catch {
    return 'broken';
  }
}

// Signing keys that live as long as the process: all of them, and their public parts.
function serverKeys() {
  const pairs = [
    generateKeyPairSync('rsa', { modulusLength: 2048 }),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    generateKeyPairSync('ed25519'),
  ];
  const set = (half) => ({
    keys: pairs.map((pair, index) => ({ ...pair[half].export({ format: 'jwk' }), kid: `server-${index}`, use: 'sig' })),
  });
  return [set('privateKey'), set('publicKey')];
}
