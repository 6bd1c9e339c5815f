import { hostname, userInfo } from 'node:os';
import type { Author } from '../domain/intent.ts';

/** Where GitHub Actions, GitLab CI, CircleCI, Jenkins and Buildkite name what runs. */
const USERS = [
  'GITHUB_ACTOR',
  'GITLAB_USER_LOGIN',
  'CIRCLE_USERNAME',
  'BUILDKITE_BUILD_CREATOR',
  'SUDO_USER',
];
const RUNS = ['GITHUB_RUN_ID', 'CI_PIPELINE_URL', 'CIRCLE_BUILD_URL', 'BUILD_URL', 'BUILDKITE_BUILD_URL'];
const COMMITS = ['GITHUB_SHA', 'CI_COMMIT_SHA', 'CIRCLE_SHA1', 'GIT_COMMIT', 'BUILDKITE_COMMIT'];

/** Who deploys, from the environment of a CI, or the user of this process. */
export function authorOf(env: Readonly<Record<string, string | undefined>>): Author {
  const first = (names: readonly string[]) => names.map((name) => env[name]).find(Boolean);
  const [run, commit] = [first(RUNS), first(COMMITS)];
  return {
    user: first(USERS) ?? ownUser(),
    host: hostname(),
    ...(run ? { run } : {}),
    ...(commit ? { commit } : {}),
  };
}

/** A container may run under a number that has no name. */
function ownUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
