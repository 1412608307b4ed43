// What a person does in a browser at oidc-provider, and a check of the server that uses none of our own code.
//
//     node drive.mjs FOLDER/server.json
//
// A browser keeps cookies by name and path, follows redirects, and sends forms; there is no script to run.
//
// Authorization code, from the authorization URL on:
//     GET  /auth?…            303 to /interaction/ID, a path without a host
//     GET  /interaction/ID    a form with prompt=login, login, password
//     POST /interaction/ID    303 to ISSUER/auth/ID
//     GET  /auth/ID           303 to /interaction/ID2
//     GET  /interaction/ID2   a form with prompt=consent
//     POST /interaction/ID2   303 to ISSUER/auth/ID2
//     GET  /auth/ID2          303 to the redirect URI, with code, state and iss
// A form's action is the URL that it is at. GET /interaction/ID/abort instead ends in error=access_denied.
// With the cookies of an earlier login only the form for consent comes; it comes each time, as all clients but `web`
// are native. Cookies do not tell ports apart, and the issuers' cookies have the same names: one jar for one issuer.
//
// Device grant, from verification_uri or verification_uri_complete on:
//     GET  /device            a form with xsrf, user_code; complete: one with user_code filled in, that a script sends
//     POST /device            a form with xsrf, user_code, confirm=yes; abort=yes instead of confirm denies it
//     POST /device            303 to /interaction/ID; from there as above, with /device/ID in place of /auth/ID,
//                             up to a page without a form

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Goes through all forms from `url` on; returns where a redirect leads away from the issuer, or the last page. */
export async function walk(url, answers = { login: 'sam', password: 'any' }) {
  const issuer = new URL(url).origin;
  const jar = new Map();
  let step = { url };
  for (let count = 0; count < 20; count++) {
    const response = await fetch(step.url, {
      method: step.form ? 'POST' : 'GET',
      body: step.form,
      headers: { accept: 'text/html', cookie: cookies(jar, step.url) },
      redirect: 'manual',
    });
    keep(jar, response);
    const location = response.headers.get('location');
    if (location) {
      const next = new URL(location, step.url);
      if (next.origin !== issuer) return { location: next };
      step = { url: next.href };
      continue;
    }
    const page = await response.text();
    const form = /<form[^>]* action="([^"]*)"/.exec(page);
    if (response.status !== 200 || !form) return { status: response.status, page };
    step = { url: new URL(form[1], step.url).href, form: fill(page, answers) };
  }
  throw new Error(`no end of forms from ${url}`);
}

function fill(page, answers) {
  const form = new URLSearchParams();
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name) form.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? answers[name] ?? '');
  }
  return form;
}

function keep(jar, response) {
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]*)=([^;]*)/.exec(line);
    const path = /; *path=([^;]*)/i.exec(line)?.[1] ?? '/';
    if (value) jar.set(`${name} ${path}`, value);
    else jar.delete(`${name} ${path}`);
  }
}

function cookies(jar, url) {
  const { pathname } = new URL(url);
  return [...jar]
    .map(([key, value]) => [...key.split(' '), value])
    .filter(([, path]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
    .map(([name, , value]) => `${name}=${value}`)
    .join('; ');
}

/** Posts a form as `client_secret_basic`. */
async function post(url, id, secret, fields) {
  const part = (text) => new URLSearchParams({ '': text }).toString().slice(1);
  const authorization = `Basic ${Buffer.from(`${part(id)}:${part(secret)}`).toString('base64')}`;
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(fields) });
  return { status: response.status, ...await response.json() };
}

async function check({ issuers, clients, redirects }) {
  const issuer = issuers.plain;
  const endpoints = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
  const id = 'basic';
  const { secret } = clients[id];

  const verifier = randomBytes(32).toString('base64url');
  const redirect = redirects[0].replace('127.0.0.1', '127.0.0.1:4711');
  const { location } = await walk(`${endpoints.authorization_endpoint}?${new URLSearchParams({
    client_id: id,
    response_type: 'code',
    redirect_uri: redirect,
    scope: 'openid',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })}`);
  expect(location?.searchParams.get('state') === 'the-state' && location.searchParams.get('iss') === issuer, location);
  const tokens = await post(endpoints.token_endpoint, id, secret, {
    grant_type: 'authorization_code',
    code: location.searchParams.get('code'),
    redirect_uri: redirect,
    code_verifier: verifier,
  });
  expect(tokens.status === 200 && tokens.refresh_token, tokens);

  const asked = await post(endpoints.device_authorization_endpoint, id, secret, { scope: 'openid' });
  const polled = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: asked.device_code };
  const pending = await post(endpoints.token_endpoint, id, secret, polled);
  expect(pending.error === 'authorization_pending', pending);
  const end = await walk(asked.verification_uri, { login: 'sam', password: 'any', user_code: asked.user_code });
  expect(end.page?.includes('Sign-in Success'), end);
  const { access_token: token, ...device } = await post(endpoints.token_endpoint, id, secret, polled);
  expect(device.status === 200, device);

  const me = await fetch(endpoints.userinfo_endpoint, { headers: { authorization: `Bearer ${token}` } });
  const { sub } = await me.json();
  expect(me.status === 200 && sub === 'sam', me);
}

function expect(truth, seen) {
  if (!truth) throw new Error(`oidc-provider is not set up as it should be: ${JSON.stringify(seen)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await check(JSON.parse(readFileSync(process.argv[2], 'utf8')));
}
