import { type FormDialect, readForm } from "../form.ts";
import type { HttpReply, HttpRequest } from "../message.ts";
import type { Model } from "../model.ts";
import { element, escapeText, writeMembers } from "../xml.ts";
import { faultOf, type Protocol } from "./protocol.ts";

/** IAM, STS, RDS, Elastic Load Balancing, Auto Scaling. */
export const awsQuery: Protocol = {
  ...form("awsQuery"),
  family: "query",
  output(value, { name, output }, model, requestId) {
    const result = output.isUnitSchema() ? "" : `<${name}Result>${writeMembers(output, value)}</${name}Result>`;
    const metadata = `<ResponseMetadata>${element("RequestId", requestId)}</ResponseMetadata>`;
    return xml(200, `<${name}Response${namespace(model)}>${result}${metadata}</${name}Response>`, requestId);
  },
  failure(failure, model, requestId) {
    return xml(failure.status, wrappedError(failure, model, requestId), requestId);
  },
};

/** EC2. */
export const ec2Query: Protocol = {
  ...form("ec2Query"),
  family: "ec2",
  output(value, { name, output }, model, requestId) {
    const members = output.isUnitSchema() ? "<return>true</return>" : writeMembers(output, value);
    const body = `<${name}Response${namespace(model)}>${element("requestId", requestId)}${members}</${name}Response>`;
    return xml(200, body, requestId);
  },
  failure({ code, message, status }, _model, requestId) {
    const error = `<Error>${element("Code", code)}${element("Message", message)}</Error>`;
    const body = `<Response><Errors>${error}</Errors>${element("RequestID", requestId)}</Response>`;
    return xml(status, body, requestId);
  },
};

/** The error body of the query protocols, which Route 53 uses too. */
export function wrappedError(
  failure: { code: string; message: string; status: number },
  model: Model | undefined,
  requestId: string,
): string {
  const type = element("Type", faultOf(failure.status));
  const error = `<Error>${type}${element("Code", failure.code)}${element("Message", failure.message)}</Error>`;
  return `<ErrorResponse${namespace(model)}>${error}${element("RequestId", requestId)}</ErrorResponse>`;
}

/** An XML reply. */
export function xml(status: number, body: string, requestId: string): HttpReply {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
  };
}

/** The attribute that names a service's XML namespace, with its leading space. */
export function namespace(model: Model | undefined): string {
  return model?.xmlNamespace === undefined ? "" : ` xmlns="${escapeText(model.xmlNamespace)}"`;
}

function form(dialect: FormDialect): Pick<Protocol, "operation" | "version" | "input"> {
  return {
    operation: actionOf,
    version: (request) => formOf(request).get("Version") ?? undefined,
    input: (request, { input }) => (input.isUnitSchema() ? {} : readForm(input, formOf(request), dialect)),
  };
}

/** The operation that a request of a query protocol asks for; undefined: it is none. */
export function actionOf(request: HttpRequest): string | undefined {
  return formOf(request).get("Action") ?? undefined;
}

const forms = new WeakMap<HttpRequest, URLSearchParams>();

/** Parameters of the body, or of the URL where there is no body; parsed once per request. */
function formOf(request: HttpRequest): URLSearchParams {
  let parsed = forms.get(request);
  if (!parsed) {
    parsed = request.body.length > 0 ? new URLSearchParams(Buffer.from(request.body).toString("utf8")) : request.query;
    forms.set(request, parsed);
  }
  return parsed;
}
