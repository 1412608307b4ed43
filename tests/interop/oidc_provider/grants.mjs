// Two grants that oidc-provider has not: our code on its framework, and so no referee for what is special to them.
// Client authentication, DPoP, resource indicators and the tokens are its own.

import { createLocalJWKSet, jwtVerify } from 'jose';
import { errors } from 'oidc-provider';
import {
  checkDpopReplay, checkDpopRequired, buildTokenResponse, resolveRequestedResources, validateClientScope, validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Who signs the assertions of RFC 7523: with any of the clients' keys. */
export const assertionIssuer = 'https://partner.example';

export function registerGrants(provider, keys) {
  provider.registerGrantType(
    'urn:ietf:params:oauth:grant-type:token-exchange',
    exchange,
    [
      'subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type',
      'resource', 'audience', 'scope',
    ],
    ['resource', 'audience'],
  );
  provider.registerGrantType(
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    (ctx) => jwtBearer(ctx, createLocalJWKSet({ keys: Object.values(keys) })),
    ['assertion', 'resource', 'scope'],
    ['resource'],
  );
}

// RFC 8693: an access token of any client for one of this client, with the same account.
async function exchange(ctx) {
  const { params, provider } = ctx.oidc;
  const proof = await validateDpop(provider, ctx);
  if (params.requested_token_type && params.requested_token_type !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('requested_token_type must be an access token');
  }
  const subject = await findToken(provider, params, 'subject_token');
  const actor = params.actor_token && await findToken(provider, params, 'actor_token');
  // An audience is a resource here, by its name (RFC 8693 section 2.1).
  params.resource ??= params.audience;
  await issue(ctx, proof, 'token-exchange', {
    accountId: subject.accountId,
    scope: params.scope ?? subject.scope,
    extra: actor ? { act: { sub: actor.accountId } } : undefined,
    issuedTokenType: ACCESS_TOKEN,
  });
}

async function findToken(provider, params, name) {
  if (params[`${name}_type`] !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest(`${name}_type must be an access token`);
  }
  const token = await provider.AccessToken.find(params[name]);
  // invalid_request, not invalid_grant (RFC 8693 section 2.2.2).
  if (!token) throw new errors.InvalidRequest(`${name} is unknown or expired`);
  return token;
}

// RFC 7523 section 2.1.
async function jwtBearer(ctx, keys) {
  const { params, provider } = ctx.oidc;
  const proof = await validateDpop(provider, ctx);
  if (!params.assertion) throw new errors.InvalidRequest("missing required parameter 'assertion'");
  let claims;
  try {
    ({ payload: claims } = await jwtVerify(params.assertion, keys, {
      issuer: assertionIssuer,
      audience: [provider.issuer, ctx.oidc.urlFor('token')],
      requiredClaims: ['sub', 'exp'],
    }));
  } catch (cause) {
    throw new errors.InvalidGrant(`assertion: ${cause.message}`);
  }
  if (claims.jti && !await provider.ReplayDetection.unique(claims.iss, claims.jti, claims.exp)) {
    throw new errors.InvalidGrant('assertion was used before');
  }
  await issue(ctx, proof, 'jwt-bearer', { accountId: claims.sub, scope: params.scope });
}

async function issue(ctx, proof, gty, { accountId, scope, extra, issuedTokenType }) {
  const { client, provider } = ctx.oidc;
  checkDpopRequired(provider, ctx, proof);
  await checkDpopReplay(provider, ctx, proof, client.clientId);
  const [server, another] = await resolveRequestedResources(provider, ctx);
  if (another) throw new errors.InvalidTarget('only one resource');

  const scopes = scope?.split(' ') ?? [];
  validateClientScope(provider, ctx, scopes);
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  const token = new provider.AccessToken({ accountId, client, gty });
  if (server) {
    token.resourceServer = server;
    token.scope = scopes.filter((one) => server.scopes.has(one)).join(' ');
    grant.addResourceScope(server.identifier(), token.scope);
  } else {
    token.scope = scopes.join(' ');
    grant.addOIDCScope(token.scope);
  }
  token.extra = extra;
  token.grantId = await grant.save();
  if (proof) token.setThumbprint('jkt', proof.thumbprint);
  ctx.oidc.entity('AccessToken', token);
  ctx.body = buildTokenResponse(provider, {
    accessToken: await token.save(),
    expiresIn: token.expiration,
    issuedTokenType,
    scope: token.scope || undefined,
    tokenType: token.tokenType,
  });
}
