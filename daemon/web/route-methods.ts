/** The methods a path may be asked with, by the router's patterns (`:name` is one segment, `*` the rest); empty when there is no such path. */
export function allowedMethods(routes: readonly { method: string; url: string }[], path: string): string[] {
  const methods = routes.filter(({ url }) => patternOf(url).test(path)).map(({ method }) => method);
  return [...new Set(methods)].sort();
}

function patternOf(url: string): RegExp {
  const pattern = url
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/:\w+/g, "[^/]+")
    .replaceAll("*", ".*");
  return new RegExp(`^${pattern}$`);
}
