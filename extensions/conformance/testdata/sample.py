"""The extension of the transcripts, in Python."""

import time

from devpm_extension import Extension, Failure, change, error, run

extension = Extension("sample", "1.0.0")


@extension.step("sample.certificate", "Make a certificate", order=100)
def certificate(ctx):
    return run("there is no certificate", change("certificate", new="localhost"))


@certificate.execute
def make(ctx):
    ctx.log("certificate for localhost")


@extension.fragment("mailpit")
def services(ctx):
    return {"mailpit": {"image": "axllent/mailpit", "ports": ["8025:8025", "1025:1025"]}}


@extension.patches("mailpit")
def patches(ctx):
    return {"web": {"environment": {"SMTP_HOST": "mailpit"}}}


@extension.hook("sample.warmup", phases=["post_prepare", "post_up"])
def warmup(ctx, phase):
    print("warm after", phase)


@extension.secrets("sample")
def fetch(ctx, keys):
    return {key: "correct horse" for key in keys if key == "token"}


@extension.stack("static")
def static(ctx):
    return {
        "services": {"web": {"image": "nginx:1.27", "volumes": ["html:/usr/share/nginx/html:ro"]}},
        "volumes": {"html": {}},
    }


@extension.policy("no-latest")
def no_latest(ctx, document):
    for name, service in document["services"].items():
        image = service.get("image", "")
        if image.endswith(":latest"):
            yield error("services.%s.image" % name, "%s changes by itself" % image, fix="name a version")


@extension.command("greet")
def greet(ctx, args, fields):
    ctx.progress("greeting", 50)
    for name in args:
        text = "hello, %s" % name
        print(text.upper() if fields.get("loud") else text)
    return {"message": "greeted %d" % len(args), "output": {"greeted": args}}


@extension.command("wait")
def wait(ctx, args, fields):
    ctx.progress("waiting")
    while True:
        time.sleep(1)


@extension.command("fail")
def fail(ctx, args, fields):
    raise Failure("no licence for shop", fix="put the licence into licence.txt", source="licence.txt", line=3, exit_code=7)
