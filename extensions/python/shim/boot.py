import os,sys
def take(n):
    b=b""
    while len(b)<n:
        c=os.read(0,n-len(b))
        if not c:sys.exit("devpm: the input ended before the extension was there")
        b+=c
    return b
exec(compile(take(int(take(10))),"<devpm>/start.py","exec"))
