/** Where every version has its SOAP portal. The address in its own WSDL is a placeholder (`https://url_to_service`). */
export const PORTAL = '/iControl/iControlPortal.cgi';

export function portalUrl({ url }: { url: string }): string {
  const base = url.replace(/\/+$/, '');
  return base.endsWith(PORTAL) ? base : base + PORTAL;
}
