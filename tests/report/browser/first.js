// Runs before the page: notes what goes wrong in it.
const problems = [];
addEventListener('error', event => problems.push('error: ' + event.message));
addEventListener('unhandledrejection', event => problems.push('rejection: ' + event.reason));
addEventListener('securitypolicyviolation', event => problems.push('request: ' + event.blockedURI));
for (const level of ['error', 'warn']) console[level] = (...all) => problems.push('console: ' + all.join(' '));
