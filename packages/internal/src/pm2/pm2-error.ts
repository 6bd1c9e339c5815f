import { ExplainedError } from '../explained-error.ts';

/**
 * `pm2-not-running`: nothing listens on the socket (or there is none). `pm2-not-allowed`: the socket belongs to
 * another user. `pm2-silent`: no answer in time. `pm2-closed`: the daemon went away meanwhile. `pm2-not-pm2`: what
 * answers does not speak PM2's protocol. `pm2-refused`: PM2 answered with an error of its own.
 */
export type Pm2ErrorCode =
  | 'pm2-not-running'
  | 'pm2-not-allowed'
  | 'pm2-silent'
  | 'pm2-closed'
  | 'pm2-not-pm2'
  | 'pm2-refused';

/** A failed call to PM2's daemon. */
export class Pm2Error extends ExplainedError<Pm2ErrorCode> {
  override readonly name = 'Pm2Error';
}
