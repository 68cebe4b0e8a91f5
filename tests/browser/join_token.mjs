// A token that lets its bearer join rooms: HS256, as docs/protocol.md has it.
import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** @param token `{ key, secret, expiresIn (seconds, also of the past), video (further grants) }` */
export function joinToken({ key, secret, expiresIn = 3600, video = {} }) {
  const claims = {
    iss: key,
    sub: 'ada',
    exp: Math.floor(Date.now() / 1000) + expiresIn,
    video: { roomJoin: true, ...video },
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
