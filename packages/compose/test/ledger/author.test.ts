import { hostname, userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { authorOf } from '../../src/ledger/author.ts';

describe('authorOf', () => {
  it('is the user of the process where no CI names one', () => {
    expect(authorOf({})).toEqual({ user: userInfo().username, host: hostname() });
  });

  it.each([
    [
      { GITHUB_ACTOR: 'ada', GITHUB_RUN_ID: '7', GITHUB_SHA: 'abc' },
      { user: 'ada', run: '7', commit: 'abc' },
    ],
    [
      { GITLAB_USER_LOGIN: 'ada', CI_PIPELINE_URL: 'u', CI_COMMIT_SHA: 'abc' },
      { user: 'ada', run: 'u', commit: 'abc' },
    ],
    [{ SUDO_USER: 'ada' }, { user: 'ada' }],
  ])('takes what %j says', (env, found) => {
    expect(authorOf(env)).toEqual({ host: hostname(), ...found });
  });
});
