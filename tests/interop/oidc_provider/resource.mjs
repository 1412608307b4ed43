// Two protected resources beside the provider's own `/me`, which takes neither tokens of client credentials nor those
// for a resource. How a token is sent, DPoP, nonces, challenges and errors are oidc-provider's code; the lookup of the
// token is ours.

import { createLocalJWKSet, jwtVerify } from 'jose';
import { errors } from 'oidc-provider';
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js';
import instance from 'oidc-provider/lib/helpers/weak_cache.js';
import handleErrors from 'oidc-provider/lib/shared/error_handler.js';
import challenge from 'oidc-provider/lib/shared/set_www_authenticate_header.js';

/** The resource indicators of an issuer (RFC 8707): URLs of resources, with the format of their tokens as path. */
export const resources = (issuer) => [`${issuer}/opaque`, `${issuer}/jwt`];

export function resourceServer(issuer, resource) {
  if (!resources(issuer).includes(resource)) throw new errors.InvalidTarget();
  return {
    scope: 'read write',
    accessTokenTTL: 60,
    accessTokenFormat: resource.split('/').at(-1),
    jwt: { sign: { alg: 'ES256' } },
  };
}

export function serveResources(provider, jwks) {
  const keys = createLocalJWKSet(jwks);
  serve(provider, '/opaque', async (value) => {
    const token = await provider.AccessToken.find(value) ?? await provider.ClientCredentials.find(value);
    // One without an audience is good everywhere.
    return token?.aud === undefined || token.aud === `${provider.issuer}/opaque` ? token : undefined;
  });
  serve(provider, '/jwt', async (value) => {
    const wanted = { issuer: provider.issuer, audience: `${provider.issuer}/jwt`, typ: 'at+jwt' };
    const { payload } = await jwtVerify(value, keys, wanted).catch(() => ({}));
    return payload && {
      accountId: payload.sub,
      aud: payload.aud,
      clientId: payload.client_id,
      jkt: payload.cnf?.jkt,
      scope: payload.scope,
    };
  });
}

function serve(provider, path, find) {
  const run = async (ctx) => {
    const value = ctx.oidc.getAccessToken({ acceptDPoP: true });
    const proof = await validateDpop(provider, ctx, value);
    const token = await find(value);
    if (!token) throw new errors.InvalidToken('access token not found');
    ctx.oidc.entity('AccessToken', token);
    await checkDpopReplay(provider, ctx, proof, token.clientId, errors.InvalidToken);
    if (token.jkt !== proof?.thumbprint) throw new errors.InvalidToken('failed jkt verification');
    ctx.body = {
      sub: token.accountId,
      client_id: token.clientId,
      scope: token.scope,
      aud: token.aud,
      scheme: token.jkt ? 'DPoP' : 'Bearer',
    };
  };
  const withContext = async (ctx, next) => {
    ctx.oidc = new provider.OIDCContext(ctx);
    await next();
  };
  const { router } = instance(provider);
  // Both methods have one name, so that a proof is held against one URL.
  router.get(path.slice(1), path, withContext, handleErrors(), challenge(), run);
  router.post(path.slice(1), path, withContext, handleErrors(), challenge(), run);
}
