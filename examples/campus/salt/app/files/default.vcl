# Managed by salt://app. What the application marks as cacheable is kept; the rest passes through.
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "{{ backend }}";
}

sub vcl_deliver {
    set resp.http.X-Cache = "{{ grains['id'] }} miss";
    if (obj.hits > 0) {
        set resp.http.X-Cache = "{{ grains['id'] }} hit";
    }
}
