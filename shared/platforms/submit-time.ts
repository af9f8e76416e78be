/** The platform's share of the time that the API gives a submit: what is not answered by then has an unknown outcome. */
export const SUBMIT_SECONDS = 20;
