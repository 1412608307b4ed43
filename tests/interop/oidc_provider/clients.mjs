// The clients that every issuer knows. Their ids say how they authenticate and what is required of them:
// `es256`, `es256-dpop`, `es256-par`, `es256-dpop-par`, and so on.

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

// Of these, the first two match with any port (RFC 8252 section 7.3).
export const redirects = [
  'http://127.0.0.1/callback',
  'http://[::1]/callback',
  'https://client.example/callback',
  'com.example.client:/callback',
];

const methods = {
  none: { auth: 'none' },
  basic: { auth: 'client_secret_basic' },
  post: { auth: 'client_secret_post' },
  'secret-jwt': { auth: 'client_secret_jwt', alg: 'HS256' },
  es256: { auth: 'private_key_jwt', alg: 'ES256' },
  eddsa: { auth: 'private_key_jwt', alg: 'EdDSA' },
  rs256: { auth: 'private_key_jwt', alg: 'RS256' },
  ps256: { auth: 'private_key_jwt', alg: 'PS256' },
};

/** The public keys of the PEM files below `folder`, by their algorithm. */
export function publicKeys(folder) {
  const keys = {};
  for (const { alg } of Object.values(methods)) {
    if (!alg || alg.startsWith('HS')) continue;
    const jwk = createPublicKey(readFileSync(pem(folder, alg))).export({ format: 'jwk' });
    keys[alg] = { ...jwk, alg, kid: alg.toLowerCase(), use: 'sig' };
  }
  return keys;
}

/** What a test has to know of each client, by its id. */
export function clients(folder) {
  const all = {};
  for (const [name, method] of Object.entries(methods)) {
    for (const dpop of [false, true]) {
      for (const par of [false, true]) {
        const id = name + (dpop ? '-dpop' : '') + (par ? '-par' : '');
        all[id] = { ...method, ...credentials(folder, id, method), dpop, par, type: 'native' };
      }
    }
  }
  // An id that has to be encoded before it goes into Basic (RFC 6749 section 2.3.1).
  const odd = 'odd:id%2F+ of/a=client&';
  all[odd] = { auth: 'client_secret_basic', secret: secret('odd'), dpop: false, par: false, type: 'native' };
  // A web client gets `offline_access`, and so a refresh token, only where it asks with `prompt=consent`.
  all.web = { auth: 'client_secret_basic', secret: secret('web'), dpop: false, par: false, type: 'web' };
  return all;
}

/** The same as the metadata of RFC 7591, as the provider takes it. */
export function metadata(all, keys) {
  return Object.entries(all).map(([id, client]) => ({
    client_id: id,
    client_name: `the client ${id}`,
    application_type: client.type,
    redirect_uris: client.type === 'web' ? redirects.filter((uri) => uri.startsWith('https:')) : redirects,
    response_types: ['code'],
    grant_types: [
      'authorization_code', 'refresh_token', DEVICE, EXCHANGE, JWT_BEARER,
      // Only for clients that can authenticate (RFC 6749 section 4.4).
      ...(client.auth === 'none' ? [] : ['client_credentials']),
    ],
    token_endpoint_auth_method: client.auth,
    token_endpoint_auth_signing_alg: client.alg,
    client_secret: client.secret,
    jwks: client.key && { keys: [keys[client.alg]] },
    dpop_bound_access_tokens: client.dpop,
    require_pushed_authorization_requests: client.par,
  }));
}

function credentials(folder, id, { auth, alg }) {
  if (auth === 'none') return {};
  if (auth !== 'private_key_jwt') return { secret: secret(id) };
  return { key: pem(folder, alg), kid: alg.toLowerCase() };
}

// Long enough for HS256, and with what form encoding changes. Only printable ASCII: it takes no other (RFC 6749 A.2).
function secret(id) {
  return `${id} :%+ /=&~"\\?#<secret>-0123456789`;
}

function pem(folder, alg) {
  return `${folder}/${alg.toLowerCase()}.pem`;
}
