// Who is logged in, and what they may do. What is not allowed is not offered; the edge refuses it all the same.

let me = null;

/** The operator of this page; null before the login. */
export function operator() {
  return me;
}

/** Goes on as this operator. */
export function become(operator) {
  me = operator;
}

/** Whether they may: `check`, `reset`, `trust`, `approve`, `manage`, `control`, `override`. */
export function may(permission) {
  return me?.permissions.includes(permission) ?? false;
}
