/** Where the operator's API is, for those who serve it and those who ask. */

export const aggregatedGroup = 'api.dogwatch.dev'
export const aggregatedVersion = 'v1alpha1'

/** Below the API server, and with a bearer token on the operator's own port. */
export const aggregatedRoot = `/apis/${aggregatedGroup}/${aggregatedVersion}`
