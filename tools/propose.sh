#!/bin/sh
# Turns what a step changed below envs/ into a pull request, or updates the one that is already open.
#     tools/propose.sh BRANCH TITLE [BODY]
# For CI: needs gh and GH_TOKEN, a token whose pull requests start workflows (that of a GitHub App; GITHUB_TOKEN's do not).
set -eu
branch="$1" title="$2" body="${3:-}"
if git diff --quiet -- envs; then
  echo "nothing to propose"
  exit 0
fi
git switch --quiet --create "$branch"
git add -- envs
git -c user.name="image bot" -c user.email="image-bot@example.com" commit --quiet --message "$title" --message "$body"
gh auth setup-git
# The branch is this script's alone, so an older proposal is replaced.
git push --quiet --force origin "HEAD:refs/heads/$branch"
open="$(gh pr list --head "$branch" --base main --state open --json number --jq length)"
if [ "$open" = 0 ]; then
  gh pr create --head "$branch" --base main --title "$title" --body "$body"
else
  gh pr edit "$branch" --title "$title" --body "$body"
fi
