import { ConfigError, type Directive } from "./parse.ts";

const names = (text: string) => new Set(text.trim().split(/\s+/));

/** What is done as nginx does it. */
const EMULATED = names(`
  http events server location upstream map types if include
  listen server_name root alias index try_files error_page return rewrite set break internal default_type charset
  add_header expires client_max_body_size daemon
  proxy_pass proxy_set_header proxy_read_timeout proxy_redirect proxy_hide_header proxy_intercept_errors proxy_http_version
  proxy_pass_request_headers proxy_ssl_verify access_log error_log log_format
`);

/** What only a real one shows: speed, connections, workers, other logs. */
const WITHOUT_EFFECT = names(`
  user worker_processes worker_connections worker_rlimit_nofile worker_cpu_affinity worker_shutdown_timeout multi_accept use pid lock_file env
  master_process pcre_jit thread_pool sendfile sendfile_max_chunk tcp_nopush tcp_nodelay aio directio keepalive keepalive_timeout
  keepalive_requests keepalive_time reset_timedout_connection send_timeout client_body_timeout client_header_timeout client_body_buffer_size
  client_body_temp_path client_body_in_file_only client_header_buffer_size large_client_header_buffers lingering_close
  types_hash_max_size types_hash_bucket_size server_names_hash_bucket_size server_names_hash_max_size variables_hash_max_size
  variables_hash_bucket_size map_hash_bucket_size map_hash_max_size server_tokens etag if_modified_since log_not_found log_subrequest
  open_file_cache open_file_cache_valid open_file_cache_min_uses open_file_cache_errors port_in_redirect absolute_redirect
  server_name_in_redirect merge_slashes ignore_invalid_headers underscores_in_headers recursive_error_pages rewrite_log
  uninitialized_variable_warn resolver resolver_timeout output_buffers postpone_output chunked_transfer_encoding override_charset
  source_charset charset_types gzip gzip_vary gzip_proxied gzip_comp_level gzip_types gzip_min_length gzip_buffers gzip_http_version
  gzip_disable gzip_static gunzip http2 http2_push http3 add_trailer msie_padding request_pool_size connection_pool_size max_ranges
  proxy_buffering proxy_buffer_size proxy_buffers proxy_busy_buffers_size proxy_max_temp_file_size proxy_temp_path proxy_connect_timeout
  proxy_send_timeout proxy_request_buffering proxy_ssl_server_name proxy_ssl_name proxy_ssl_protocols proxy_ssl_session_reuse
  proxy_socket_keepalive proxy_next_upstream proxy_next_upstream_tries proxy_next_upstream_timeout proxy_headers_hash_max_size
  proxy_headers_hash_bucket_size proxy_ignore_client_abort proxy_pass_header proxy_pass_request_body proxy_bind
  limit_req limit_req_zone limit_req_status limit_req_log_level limit_conn limit_conn_zone limit_conn_status limit_rate limit_rate_after
  set_real_ip_from real_ip_header real_ip_recursive zone hash ip_hash least_conn random stub_status satisfy
  ssl_protocols ssl_ciphers ssl_prefer_server_ciphers ssl_session_cache ssl_session_timeout ssl_session_tickets ssl_dhparam ssl_stapling
  ssl_stapling_verify ssl_certificate ssl_certificate_key ssl_trusted_certificate ssl_ecdh_curve ssl_buffer_size
`);

/** What would answer otherwise than here: it is said, and the rest goes on. */
const LACKING = names(`
  allow deny auth_basic auth_basic_user_file auth_request auth_request_set sub_filter sub_filter_once sub_filter_types autoindex
  autoindex_exact_size autoindex_localtime autoindex_format mirror limit_except proxy_cache proxy_cache_path proxy_cache_valid proxy_cache_key
  proxy_cache_bypass proxy_cache_use_stale proxy_cache_lock proxy_cache_methods proxy_no_cache proxy_ignore_headers proxy_cookie_domain
  proxy_cookie_path proxy_cookie_flags proxy_set_body proxy_method proxy_ssl_certificate proxy_ssl_certificate_key
  proxy_ssl_trusted_certificate ssl geo split_clients secure_link secure_link_md5 random_index slice dav_methods ssi empty_gif
  load_module stream image_filter perl js_import js_content valid_referers
`);

/** Other kinds of servers behind. */
const OTHER_SERVERS = names("fastcgi_pass uwsgi_pass scgi_pass grpc_pass memcached_pass");

/** The blocks that a block may stand in; "main" is the file itself. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  http: ["main"],
  events: ["main"],
  server: ["http", "upstream"],
  upstream: ["http"],
  map: ["http"],
  location: ["server", "location"],
  if: ["server", "location"],
  listen: ["server"],
  server_name: ["server"],
  proxy_pass: ["location", "if", "limit_except"],
  try_files: ["server", "location"],
  return: ["server", "location", "if"],
  alias: ["location"],
};

/**
 * Looks at every directive.
 *
 * @returns those that are lacking here, as `name (file:line)`
 * @throws ConfigError in nginx's words; Error for what is refused here
 */
export function checkDirectives(directives: readonly Directive[], place = "main"): string[] {
  return directives.flatMap((directive) => {
    const { name, args, block, file, line } = directive;
    // What stands in these is no directive.
    if (place === "types" || place === "map" || (place === "upstream" && name === "server")) return [];
    if (OTHER_SERVERS.has(name)) {
      throw new Error(`bia-infra sandbox: it does not emulate ${name} of nginx (${file}:${line}). On AWS it exists.`);
    }
    const isOfOthers = /^(fastcgi|uwsgi|scgi|grpc|memcached)_/.test(name) || place === "stream";
    const isKnown = EMULATED.has(name) || WITHOUT_EFFECT.has(name) || LACKING.has(name) || isOfOthers;
    if (!isKnown) throw new ConfigError(`unknown directive "${name}"`, directive);
    if (PLACES[name] && !PLACES[name].includes(place)) {
      throw new ConfigError(`"${name}" directive is not allowed here`, directive);
    }
    if (
      args.length === 0 &&
      block === undefined &&
      !["internal", "break", "ip_hash", "least_conn", "random", "stub_status"].includes(name)
    ) {
      throw new ConfigError(`invalid number of arguments in "${name}" directive`, directive);
    }
    const lacks = LACKING.has(name) && args[0] !== "off" ? [`${name} (${file}:${line})`] : [];
    return [...lacks, ...checkDirectives(block ?? [], name)];
  });
}
